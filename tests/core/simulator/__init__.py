"""Tests of the simulated inverter: the judge must be right before it judges."""
