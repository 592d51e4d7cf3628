"""The program behind `scripts/demo`: a simulated inverter, a stand-in for ENTSO-E and a real Home Assistant."""
