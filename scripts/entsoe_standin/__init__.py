"""A stand-in for ENTSO-E's transparency platform on this machine: invented prices, real documents, every failure."""
