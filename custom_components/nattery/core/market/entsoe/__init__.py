"""Access to the ENTSO-E transparency platform, which needs a token and runs in a worker process."""
