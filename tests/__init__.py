"""Tests of Nattery: core (the library), integration (inside Home Assistant), browser (the demo), metadata."""
