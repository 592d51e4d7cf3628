"""A simulated inverter, which shares nothing with the Modbus client that is tested against it."""
