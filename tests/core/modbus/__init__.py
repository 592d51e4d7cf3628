"""Tests of `core/modbus`."""
