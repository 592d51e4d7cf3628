"""The quality gate: decides whether a day's prices may be used for trading, and gives the reasons if not."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import groupby
import math
from statistics import median

from ..explanation import Explanation, ExplanationValue
from ..sentences import english
from .prices import PriceQuality, PriceSeries, PriceSlot, is_complete

ENTSOE = "entsoe"
QUARTER_HOUR = timedelta(minutes=15)
HOUR = timedelta(hours=1)

# Price limits of the coupled auction in EUR per kWh. The upper one leaves room, because it has been raised before.
LOWEST, HIGHEST = -0.5, 5.0
# Approximate exchange rates: units of the currency per euro. They only have to tell prices from nonsense.
PER_EURO = {
    "ALL": 100, "BGN": 2, "CHF": 1, "CZK": 25, "DKK": 7.5, "EUR": 1, "GBP": 0.9, "HUF": 400, "MDL": 20, "MKD": 62,
    "NOK": 12, "PLN": 4.5, "RON": 5, "RSD": 117, "SEK": 11.5, "UAH": 50,
}  # fmt: skip
_PREFIX = "price_reason_"
ODD_ZEROS = 4  # consecutive quarter-hours at zero around a clock change that indicate a filled gap
FEW_TO_COMPARE = 8  # sources with fewer prices in common are not compared
TOLERANCE, SHARE = 0.02, 0.2  # allowed difference of two sources: in EUR per kWh, and as a share of the typical price


def quality_reason(name: str, **values: ExplanationValue) -> Explanation:
    """Return a reason by its name; its text is `common.price_reason_<name>` of the translations."""
    return Explanation(f"{_PREFIX}{name}", values)


def reason_in_english(reason: Explanation) -> str:
    """Return a reason as part of a sentence, for the command line."""
    shown = {name: _shown(value) for name, value in reason.values.items()}
    return english()[f"common.{reason.key}"].format_map(shown)


def _shown(value: ExplanationValue) -> str:
    match value:
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        case tuple():
            return ", ".join(value)
        case float():
            return f"{value:.3g}"
        case _:
            return str(value)


def assess(
    series: PriceSeries,
    start: datetime,
    end: datetime,
    *,
    zone: tzinfo = UTC,
    currencies: Collection[str] | None = None,
    previous_day: PriceSeries | None = None,
    other_source: PriceSeries | None = None,
) -> PriceSeries:
    """Return the series with its quality for the day [start, end).

    `zone` is the local time zone, `currencies` the expected currencies, `previous_day` the prices of the day before,
    `other_source` the prices of the same day from another source. What is left out is not checked.
    """
    gaps = _gaps(series, start, end)
    if gaps:
        return replace(series, quality=PriceQuality.INCOMPLETE, reasons=gaps)
    per_euro = PER_EURO.get(series.currency)
    doubts = [
        _currency(series, currencies, per_euro),
        *_numbers(series, per_euro),
        _flat(series),
        _clock_change(series, start, end, zone),
        _copied(series, previous_day),
        _elsewhere(series, other_source, per_euro),
    ]
    reasons = tuple(doubt for doubt in doubts if doubt)
    if reasons:
        return replace(series, quality=PriceQuality.SUSPECT, reasons=reasons)
    return replace(series, quality=PriceQuality.GOOD if series.source == ENTSOE else PriceQuality.FALLBACK, reasons=())


def _gaps(series: PriceSeries, start: datetime, end: datetime) -> tuple[Explanation, ...]:
    if is_complete(series.slots, start, end) and all(slot.end - slot.start == series.resolution for slot in series):
        return ()
    wanted = (end - start) // series.resolution
    minutes = series.resolution // timedelta(minutes=1)
    known = {slot.start for slot in series}
    moments = (start + number * series.resolution for number in range(wanted))
    missing = [moment for moment in moments if moment not in known]
    if not missing:
        return (quality_reason("misaligned", minutes=minutes),)
    count = len(missing)
    return (quality_reason("missing", missing=count, expected=wanted, minutes=minutes, first_at=missing[0]),)


def _currency(series: PriceSeries, currencies: Collection[str] | None, per_euro: float | None) -> Explanation | None:
    if currencies is not None and series.currency not in currencies:
        return quality_reason("other_currency", currency=series.currency, expected=tuple(sorted(currencies)))
    return None if per_euro else quality_reason("unknown_currency", currency=series.currency)


def _numbers(series: PriceSeries, per_euro: float | None) -> list[Explanation]:
    finite = [slot.price for slot in series if math.isfinite(slot.price)]
    doubts = []
    if broken := len(series) - len(finite):
        doubts.append(quality_reason("not_numbers", count=broken))
    low, high = LOWEST * (per_euro or 1), HIGHEST * (per_euro or 1)
    if per_euro and (odd := [price for price in finite if not low <= price <= high]):
        values: dict[str, ExplanationValue] = {"count": len(odd), "low": low, "high": high, "example": odd[0]}
        doubts.append(quality_reason("out_of_range", **values, currency=series.currency))
    return doubts


def _flat(series: PriceSeries) -> Explanation | None:
    if len(series) > 1 and len({slot.price for slot in series}) == 1:
        return quality_reason("flat", count=len(series), price=series.slots[0].price)
    return None


def _clock_change(series: PriceSeries, start: datetime, end: datetime, zone: tzinfo) -> Explanation | None:
    """Detect zeros around a clock change: ENTSO-E has published such a day."""
    if start.astimezone(zone).utcoffset() == end.astimezone(zone).utcoffset():
        return None
    for price, run in groupby(series, key=lambda slot: slot.price):
        zeros = list(run)
        if price == 0 and len(zeros) * series.resolution >= ODD_ZEROS * QUARTER_HOUR and _around(zeros, zone):
            return quality_reason("clock_change", count=len(zeros))
    return None


def _around(slots: list[PriceSlot], zone: tzinfo) -> bool:
    before, after = slots[0].start - HOUR, slots[-1].end + HOUR
    return before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset()


def _copied(series: PriceSeries, previous_day: PriceSeries | None) -> Explanation | None:
    if previous_day is None or len(previous_day) < FEW_TO_COMPARE or len(previous_day) != len(series):
        return None
    same = all(old.price == new.price for old, new in zip(previous_day, series, strict=True))
    return quality_reason("copied") if same else None


def _elsewhere(series: PriceSeries, other_source: PriceSeries | None, per_euro: float | None) -> Explanation | None:
    if other_source is None or other_source.currency != series.currency or not per_euro:
        return None
    pairs = _in_common(series, other_source)
    if len(pairs) < FEW_TO_COMPARE:
        return None
    typical = median(abs(ours - theirs) for ours, theirs in pairs)
    usual = median(abs(theirs) for _, theirs in pairs)
    if typical <= max(TOLERANCE * per_euro, SHARE * usual):
        return None
    return quality_reason("differs", difference=typical, currency=series.currency, source=other_source.source)


def _in_common(series: PriceSeries, other_source: PriceSeries) -> list[tuple[float, float]]:
    """Return pairs of prices of the same slots, averaged to the coarser of the two resolutions."""
    resolution = max(series.resolution, other_source.resolution)
    ours, theirs = _averaged(series, resolution), _averaged(other_source, resolution)
    return [(ours[moment], theirs[moment]) for moment in ours.keys() & theirs.keys()]


def _averaged(series: PriceSeries, resolution: timedelta) -> dict[datetime, float]:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    parts: dict[datetime, list[float]] = {}
    for slot in series:
        parts.setdefault(slot.start - (slot.start - epoch) % resolution, []).append(slot.price)
    whole = resolution // series.resolution
    return {moment: math.fsum(prices) / whole for moment, prices in parts.items() if len(prices) == whole}
