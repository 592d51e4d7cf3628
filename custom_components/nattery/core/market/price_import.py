"""Prices from Home Assistant entities and actions of other integrations: attributes of a state or an action's response.

There is no common format, so the usual names are tried: lists of {start, end, value} and similar, below raw_today and
raw_tomorrow, prices, data, the name of an area and so on. The unit decides between EUR/MWh, EUR/kWh and ct/kWh.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from .errors import ConflictingPricesError, MissingPartError, WrongUnitError
from .prices import PriceSeries
from .public_sources import checked_price, parse_time, series_of

type RawEntry = Mapping[str, Any]

# The energy unit of actions whose responses do not state it.
ACTION_UNITS = {"nordpool": "MWh", "tibber": "kWh", "energyzero": "kWh", "easyenergy": "kWh"}

_LIST_KEYS = (
    ("raw_today", "raw_tomorrow"),
    ("prices_today", "prices_tomorrow"),
    ("today_interval_prices", "tomorrow_interval_prices"),
    ("prices",),
    ("data",),
    ("forecast",),
    ("price_data",),
)
_START_KEYS = ("start", "start_time", "startsAt", "starts_at", "time", "datetime", "timestamp", "from", "hour")
_END_KEYS = ("end", "end_time", "till", "to")
_PRICE_KEYS = ("value", "price", "price_per_kwh", "price_ct_per_kwh", "electricity_price", "total")
_UNIT_BY_KEY = {"price_per_kwh": "kWh", "price_ct_per_kwh": "ct/kWh"}
_ENERGY_FACTORS = {"mwh": 0.001, "kwh": 1.0, "wh": 1000.0}
_CROWNS = ("SEK", "NOK", "DKK")
_SUBUNITS = {
    **dict.fromkeys(("ct", "c", "cent", "cents", "snt"), ("EUR",)),
    **dict.fromkeys(("öre", "øre", "ore"), _CROWNS),
    **dict.fromkeys(("gr", "grosz"), ("PLN",)),
    "p": ("GBP",),
    "rp": ("CHF",),
}  # hundredths of these currencies
_CURRENCY_SYMBOLS = {
    "€": ("EUR",),
    "kr": _CROWNS,
    "£": ("GBP",),
    "zł": ("PLN",),
    "kč": ("CZK",),
    "ft": ("HUF",),
    "lei": ("RON",),
}
_HOUR = timedelta(hours=1)
_MAX_PER_KWH = 5.0  # EUR per kWh; above the auction's limit, so a larger number must be per MWh


def import_series(
    data: object,
    *,
    area: str,
    currency: str,
    source: str,
    fetched_at: datetime,
    unit: str | None = None,
    key: str | None = None,
) -> PriceSeries:
    """Return the prices in attributes or in a response as a series of quality FALLBACK.

    `unit` is the entity's unit of measurement ("EUR/MWh", "ct/kWh") or only "MWh" or "kWh". Without a unit, a price
    above 5 EUR implies EUR/MWh, and anything else is rejected. `key` selects one of several lists by the name of its
    area or home. Times without an offset are rejected. Raises MarketError.
    """
    entries = find_entries(data, key)
    starts = [parse_time(_first_value(entry, _START_KEYS, "start")) for entry in entries]
    step = min((b - a for a, b in pairwise(sorted(starts)) if b > a), default=_HOUR)
    names = {name for entry in entries for name in _PRICE_KEYS if name in entry}
    effective_unit = unit or next((_UNIT_BY_KEY[name] for name in names & _UNIT_BY_KEY.keys()), None)
    prices = [_first_value(entry, _PRICE_KEYS, "price") for entry in entries]
    numbers = [checked_price(price) for price in prices if price is not None]
    factor = _unit_factor(effective_unit, currency, numbers)
    rows = [
        (start, _end_of(entry, start, step), price * factor)
        for entry, start, price in zip(entries, starts, prices, strict=True)
        if price is not None
    ]
    return series_of(rows, area=area, currency=currency, source=source, fetched_at=fetched_at)


def find_entries(data: object, key: str | None = None) -> list[RawEntry]:
    """Return the list of prices in attributes or in a response; raise MarketError if there is none."""
    lists = _lists_by_path(data, key)
    if not lists:
        wanted = f" under {key!r}" if key else ""
        raise MissingPartError(f"no list of prices{wanted}")
    if len(lists) > 1:
        raise ConflictingPricesError(f"several lists of prices ({', '.join(sorted(lists))}): one has to be named")
    return next(iter(lists.values()))


def _lists_by_path(data: object, key: str | None) -> dict[str, list[RawEntry]]:
    """Return the lists of entries by their path; with a `key`, only those below it."""
    if isinstance(data, list | tuple) and key is None:
        entries = [entry for entry in data if isinstance(entry, Mapping)]
        return {"": entries} if entries and len(entries) == len(data) else {}
    if not isinstance(data, Mapping):
        return {}
    if key is not None and key in data:
        return _lists_by_path(data[key], None)
    for names in _LIST_KEYS if key is None else ():
        entries = [entry for name in names for entry in _lists_by_path(data.get(name), None).get("", [])]
        if entries:
            return {"": entries}
    return {
        ".".join(filter(None, (str(name), path))): entries
        for name, value in data.items()
        for path, entries in _lists_by_path(value, key).items()
    }


def _first_value(entry: RawEntry, names: tuple[str, ...], what: str) -> Any:  # noqa: ANN401 - data of unknown type
    for name in names:
        if name in entry:
            return entry[name]
    raise MissingPartError(f"an entry without a {what}")


def _end_of(entry: RawEntry, start: datetime, step: timedelta) -> datetime:
    return next((parse_time(entry[name]) for name in _END_KEYS if entry.get(name) is not None), start + step)


def _unit_factor(unit: str | None, currency: str, prices: list[float]) -> float:
    """Return the factor from a unit to `currency` per kWh."""
    if unit is None:
        if currency == "EUR" and prices and max(map(abs, prices)) > _MAX_PER_KWH:
            return _ENERGY_FACTORS["mwh"]
        raise WrongUnitError("none is given, and the prices may be per kWh or per MWh")
    money, _, energy = unit.replace(" ", "").rpartition("/")
    per_kwh = _ENERGY_FACTORS.get(energy.lower())
    if per_kwh is None:
        raise WrongUnitError(f"{unit[:20]}: a currency per kWh or MWh is needed")
    money_name = money.lower()
    allowed = _SUBUNITS.get(money_name) or _CURRENCY_SYMBOLS.get(money_name) or (money.upper() or currency,)
    if currency not in allowed:
        raise WrongUnitError(f"{unit[:20]}, not {currency} per kWh or MWh")
    return per_kwh / 100 if money_name in _SUBUNITS else per_kwh
