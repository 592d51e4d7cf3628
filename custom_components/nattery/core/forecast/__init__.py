"""Forecasts of household load and PV production, and how accurate past forecasts were."""
