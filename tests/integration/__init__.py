"""Tests of the integration inside the Home Assistant that the test plugin carries."""
