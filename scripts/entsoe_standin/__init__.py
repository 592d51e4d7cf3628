"""A stand-in for the ENTSO-E transparency platform, for tests and the demonstration."""
