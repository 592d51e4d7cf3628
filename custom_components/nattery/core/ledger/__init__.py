"""The ledger: energy, prices, costs and baselines of every quarter-hour."""
