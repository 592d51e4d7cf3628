"""The Modbus client, which does not know what the registers mean."""
