"""Fields that several forms share."""

from homeassistant.helpers.selector import NumberSelector, NumberSelectorConfig, NumberSelectorMode


def number_field(low: float, high: float, unit: str | None = None, *, whole: bool = False) -> NumberSelector:
    """Return a field for a number from `low` to `high`; with `whole`, only whole numbers are accepted."""
    config = NumberSelectorConfig(min=low, max=high, step=1 if whole else "any", mode=NumberSelectorMode.BOX)
    if unit:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)


def power_field(unit: str) -> NumberSelector:
    """Return a field for a power without limits, which the flow checks with a sentence of its own."""
    return NumberSelector(NumberSelectorConfig(step="any", mode=NumberSelectorMode.BOX, unit_of_measurement=unit))
