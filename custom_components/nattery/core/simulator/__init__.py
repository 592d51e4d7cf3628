"""An inverter that behaves as the protocol's description says, for tests, demos and people without one."""
