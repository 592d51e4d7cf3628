"""Fields that more than one form has."""

from homeassistant.helpers.selector import NumberSelector, NumberSelectorConfig, NumberSelectorMode


def number_field(low: float, high: float, unit: str | None = None, *, whole: bool = False) -> NumberSelector:
    """A box for a number from `low` to `high`, whole numbers only where wanted."""
    config = NumberSelectorConfig(min=low, max=high, step=1 if whole else "any", mode=NumberSelectorMode.BOX)
    if unit:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)
