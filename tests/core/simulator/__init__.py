"""Tests of `core/simulator`."""
