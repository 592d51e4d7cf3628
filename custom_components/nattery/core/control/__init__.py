"""Carries out a plan and the user's overrides on a battery, with self-consumption as the safe default."""
