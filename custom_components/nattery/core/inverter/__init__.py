"""The inverter: its registers, what they mean, and how they may be changed."""
