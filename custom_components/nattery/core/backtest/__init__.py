"""The backtest: what the planner would have made of a time that has passed, beside what else could have been done."""
