"""The ledger: what every quarter of an hour moved, what it cost, and what it would have cost otherwise."""
