"""The ENTSO-E transparency platform: the only source that needs a token and a process of its own."""
