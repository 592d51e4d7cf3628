"""Programs for those who work on Nattery."""
