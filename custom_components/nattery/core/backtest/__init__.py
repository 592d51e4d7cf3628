"""The backtest: what the planner would have achieved in the past, beside other ways to operate the battery."""
