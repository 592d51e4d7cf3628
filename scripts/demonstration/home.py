"""The demo's battery, grid connection and tariff, as the integration makes them of its forms."""

from collections.abc import Mapping
from math import sqrt
from typing import Any

from custom_components.nattery.core.app.settings import TradingSettings, wear_cost
from custom_components.nattery.core.market.tariff import Tariff

from .home_forms import TARIFF_FORM, TRADING_FORM

_PERCENT = 100


def trading_settings() -> TradingSettings:
    """Return the settings that the integration makes of the form of trading."""
    form = TRADING_FORM | TRADING_FORM["more"]
    return TradingSettings(
        capacity=form["capacity"],
        wear=wear_cost(form["battery_price"], form["capacity"], form["cycles"]),
        charge=form["charge"],
        discharge=form["discharge"],
        efficiency=sqrt(form["efficiency"] / _PERCENT),
        soc_min=form["soc_min"] / _PERCENT,
        soc_max=form["soc_max"] / _PERCENT,
        import_limit=form["import"],
        export_limit=form["export"],
        peak_price=0.0,
        ledger="",
    )


def tariff() -> Tariff:
    """Return the tariff that the integration makes of its form."""
    return Tariff.from_dict(
        {**TARIFF_FORM, **{name: _rate(TARIFF_FORM[name]) for name in ("import_rate", "export_rate")}}
    )


def _rate(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rate without the seconds that a form's times have."""
    bands = [
        {key: value.removesuffix(":00") if key in {"start", "end"} else value for key, value in band.items()}
        for band in form.get("bands", ())
    ]
    return {**form, "bands": bands}
