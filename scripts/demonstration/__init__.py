"""What `scripts/demo` does: a simulated inverter, a market and a real Home Assistant, brought together."""
