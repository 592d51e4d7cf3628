"""The Home Assistant side of prices: one zone and one tariff for the house of an entry, kept in a subentry of it."""
