"""Tests of the library: no Home Assistant, but real ptys and real sockets on the loopback."""
