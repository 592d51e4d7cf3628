"""Measurements of the wire; see run.py."""
