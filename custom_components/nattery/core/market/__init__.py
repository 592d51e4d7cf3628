"""Prices: what a kilowatt-hour costs in every quarter of an hour, where that is known from, and how well."""
