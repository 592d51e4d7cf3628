"""The Home Assistant side of prices: one bidding zone and one tariff per config entry, stored in a subentry."""
