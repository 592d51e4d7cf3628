"""Tests of the parts of `scripts/demo` that need no Home Assistant."""
