"""Forecasts: what the house will need and what the sun will give, from what was, and how well that has come true."""
