"""Tests of the running demo, in a real browser."""
