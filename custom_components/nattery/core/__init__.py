"""Nattery's core: the product in plain Python, without Home Assistant."""
