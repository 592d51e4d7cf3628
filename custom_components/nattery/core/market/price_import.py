"""Prices from anything in Home Assistant that carries them: a price entity's attributes, or an action's response.

Nobody agrees on names, so the usual ones are tried: lists of {start, end, value} and their relatives, under raw_today
and raw_tomorrow, prices, data, an area's name and so on. The unit decides between EUR/MWh, EUR/kWh and ct/kWh.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from .errors import ConflictingPricesError, MissingPartError, WrongUnitError
from .prices import PriceSeries
from .public_sources import is_number, moment, series_of

type Entry = Mapping[str, Any]

# The unit of actions whose responses do not say it.
ACTION_UNITS = {"nordpool": "MWh", "tibber": "kWh", "energyzero": "kWh", "easyenergy": "kWh"}

_LISTS = (
    ("raw_today", "raw_tomorrow"),
    ("prices_today", "prices_tomorrow"),
    ("today_interval_prices", "tomorrow_interval_prices"),
    ("prices",),
    ("data",),
    ("forecast",),
    ("price_data",),
)
_STARTS = ("start", "start_time", "startsAt", "starts_at", "time", "datetime", "timestamp", "from", "hour")
_ENDS = ("end", "end_time", "till", "to")
_VALUES = ("value", "price", "price_per_kwh", "price_ct_per_kwh", "electricity_price", "total")
_UNITS_IN_NAMES = {"price_per_kwh": "kWh", "price_ct_per_kwh": "ct/kWh"}
_ENERGIES = {"mwh": 0.001, "kwh": 1.0, "wh": 1000.0}
_KRONOR = ("SEK", "NOK", "DKK")
_PARTS = {
    **dict.fromkeys(("ct", "c", "cent", "cents", "snt"), ("EUR",)),
    **dict.fromkeys(("öre", "øre", "ore"), _KRONOR),
    **dict.fromkeys(("gr", "grosz"), ("PLN",)),
    "p": ("GBP",),
    "rp": ("CHF",),
}  # hundredths, and of what
_WHOLES = {"€": ("EUR",), "kr": _KRONOR, "£": ("GBP",), "zł": ("PLN",), "kč": ("CZK",), "ft": ("HUF",), "lei": ("RON",)}
_HOUR = timedelta(hours=1)
_IMPOSSIBLE = 5.0  # EUR per kWh: more than the auction allows, so a larger number is per MWh


def series_from(
    found: object,
    *,
    area: str,
    currency: str,
    source: str,
    fetched_at: datetime,
    unit: str | None = None,
    key: str | None = None,
) -> PriceSeries:
    """The prices in attributes or in a response, as a series of quality FALLBACK.

    `unit` is the entity's unit of measurement ("EUR/MWh", "ct/kWh") or just "MWh" or "kWh"; without one a price above
    5 EUR shows that it is per MWh, and anything else is refused. `key` chooses among several lists, by their area's or
    home's name. Times without an offset are refused. Raises MarketError.
    """
    entries = entries_in(found, key)
    starts = [moment(_first(entry, _STARTS, "start")) for entry in entries]
    step = min((b - a for a, b in pairwise(sorted(starts)) if b > a), default=_HOUR)
    names = {name for entry in entries for name in _VALUES if name in entry}
    said = unit or next((_UNITS_IN_NAMES[name] for name in names & _UNITS_IN_NAMES.keys()), None)
    prices = [_first(entry, _VALUES, "price") for entry in entries]
    known = [price for price in prices if price is not None and is_number(price)]
    factor = _factor(said, currency, known)
    rows = [
        (start, _end(entry, start, step), price * factor)
        for entry, start, price in zip(entries, starts, prices, strict=True)
        if price is not None
    ]
    return series_of(rows, area=area, currency=currency, source=source, fetched_at=fetched_at)


def entries_in(found: object, key: str | None = None) -> list[Entry]:
    """The list of prices in attributes or in a response, wherever it is; raises MarketError when there is none."""
    lists = _lists(found, key)
    if not lists:
        wanted = f" under {key!r}" if key else ""
        raise MissingPartError(f"no list of prices{wanted}")
    if len(lists) > 1:
        raise ConflictingPricesError(f"several lists of prices ({', '.join(sorted(lists))}): one has to be named")
    return next(iter(lists.values()))


def _lists(found: object, key: str | None) -> dict[str, list[Entry]]:
    """The lists of entries by their path; with a `key`, only those under it."""
    if isinstance(found, list | tuple) and key is None:
        entries = [entry for entry in found if isinstance(entry, Mapping)]
        return {"": entries} if entries and len(entries) == len(found) else {}
    if not isinstance(found, Mapping):
        return {}
    if key is not None and key in found:
        return _lists(found[key], None)
    for names in _LISTS if key is None else ():
        entries = [entry for name in names for entry in _lists(found.get(name), None).get("", [])]
        if entries:
            return {"": entries}
    return {
        ".".join(filter(None, (str(name), within))): entries
        for name, value in found.items()
        for within, entries in _lists(value, key).items()
    }


def _first(entry: Entry, names: tuple[str, ...], what: str) -> Any:  # noqa: ANN401 - whatever somebody wrote there
    for name in names:
        if name in entry:
            return entry[name]
    raise MissingPartError(f"an entry without a {what}")


def _end(entry: Entry, start: datetime, step: timedelta) -> datetime:
    return next((moment(entry[name]) for name in _ENDS if entry.get(name) is not None), start + step)


def _factor(unit: str | None, currency: str, prices: list[float]) -> float:
    """From a unit to how much of the currency per kWh one of it is."""
    if unit is None:
        if currency == "EUR" and prices and max(map(abs, prices)) > _IMPOSSIBLE:
            return _ENERGIES["mwh"]
        raise WrongUnitError("none is given, and the prices may be per kWh or per MWh")
    money, _, energy = unit.replace(" ", "").rpartition("/")
    per_kwh = _ENERGIES.get(energy.lower())
    if per_kwh is None:
        raise WrongUnitError(f"{unit[:20]}: a currency per kWh or MWh is needed")
    small = money.lower()
    allowed = _PARTS.get(small) or _WHOLES.get(small) or (money.upper() or currency,)
    if currency not in allowed:
        raise WrongUnitError(f"{unit[:20]}, not {currency} per kWh or MWh")
    return per_kwh / 100 if small in _PARTS else per_kwh
