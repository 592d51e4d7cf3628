"""From a home's past to what a plan needs of the future, the same in Home Assistant and in the backtest."""
