"""The Home Assistant side of trading: one battery that is planned, steered and accounted for, kept in a subentry."""
