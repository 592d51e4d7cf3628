"""What `scripts/demo` does: a simulated inverter, a stand-in for ENTSO-E and a real Home Assistant, brought together."""
