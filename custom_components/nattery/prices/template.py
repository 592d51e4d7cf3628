"""Tariff templates, evaluated as of each slot's start, so that functions such as `now` refer to the slot."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import TemplateError
from homeassistant.helpers.template import Template
from homeassistant.util import dt as dt_util

from ..core.market.tariff import PriceFormula, PriceKind, Tariff, TemplateFailedError


def template_formulas(hass: HomeAssistant, tariff: Tariff) -> dict[PriceKind, PriceFormula]:
    """Return a formula for each rate that has a template; call them in the event loop."""
    rates = {PriceKind.IMPORT: tariff.import_rate, PriceKind.EXPORT: tariff.export_rate}
    return {
        kind: _template_formula(Template(rate.template, hass), kind) for kind, rate in rates.items() if rate.template
    }


def _template_formula(template: Template, kind: PriceKind) -> PriceFormula:
    def price(start: datetime, spot: float) -> float:
        try:
            result = template.async_render({"spot": spot, "start": start, **_time_functions(start)})
        except TemplateError as error:
            raise TemplateFailedError(f"{kind}_rate.template", str(error)) from None
        return result  # type: ignore[no-any-return]  # the tariff rejects anything but a number

    return price


def _time_functions(start: datetime) -> dict[str, Callable[..., Any]]:
    """Return the template functions that return the current time, as of a slot's start."""

    def today_at(text: str = "00:00") -> datetime:
        time = dt_util.parse_time(text)
        if time is None:
            raise TemplateError(ValueError(f"{text!r} is no time"))
        return datetime.combine(start.date(), time, start.tzinfo)

    return {"now": lambda: start, "utcnow": lambda: dt_util.as_utc(start), "today_at": today_at}
