"""The inverter: register table, decoding, readings, actions as settings, and guarded writes."""
