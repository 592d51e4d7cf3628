"""Tests of `core/inverter`."""
