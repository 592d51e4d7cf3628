"""Electricity prices: day-ahead prices from several sources, their quality, and the tariff applied to them."""
