"""A tariff's template, evaluated at each slot's own time: what it says of now is what it will be then."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import TemplateError
from homeassistant.helpers.template import Template
from homeassistant.util import dt as dt_util

from ..core.market.tariff import Hook, PriceKind, Tariff, TemplateFailedError


def hooks_of(hass: HomeAssistant, tariff: Tariff) -> dict[PriceKind, Hook]:
    """A hook for each rate that has a template; to be called on the event loop."""
    rates = {PriceKind.IMPORT: tariff.import_rate, PriceKind.EXPORT: tariff.export_rate}
    return {kind: _hook(Template(rate.template, hass), kind) for kind, rate in rates.items() if rate.template}


def _hook(template: Template, kind: PriceKind) -> Hook:
    def price(start: datetime, spot: float) -> float:
        try:
            answer = template.async_render({"spot": spot, "start": start, **_clock(start)})
        except TemplateError as error:
            raise TemplateFailedError(f"{kind}_rate.template", str(error)) from None
        return answer  # type: ignore[no-any-return]  # the tariff refuses what is no number

    return price


def _clock(start: datetime) -> dict[str, Callable[..., Any]]:
    """The functions of templates that tell the time, as of a slot's start."""

    def today_at(clock: str = "00:00") -> datetime:
        time = dt_util.parse_time(clock)
        if time is None:
            raise TemplateError(ValueError(f"{clock!r} is no time"))
        return datetime.combine(start.date(), time, start.tzinfo)

    return {"now": lambda: start, "utcnow": lambda: dt_util.as_utc(start), "today_at": today_at}
