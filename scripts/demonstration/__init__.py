"""What `scripts/demo` does: a simulated inverter, a real Home Assistant, and the two brought together."""
