"""Tariffs: the import price and the export price of a kilowatt-hour, calculated from the spot price.

All prices are per kWh in the currency of the spot price. Rates are plain data that converts to JSON and back, and are
validated when created. A slot is priced by its own local time, so both days with a clock change are correct.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import groupby
import math
import re
from typing import Any, ClassVar

from ..errors import NatteryError
from .prices import PriceSlot

type PriceFormula = Callable[[datetime, float], float]
"""From the local start of a slot and its spot price to its import or export price."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday")
_HIGHEST = 1000.0  # per kWh; above any real price in every supported currency
_HOUR = timedelta(hours=1)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


class PriceKind(StrEnum):
    """The kind of a price."""

    SPOT = "spot"
    IMPORT = "import"
    EXPORT = "export"


class TariffError(NatteryError, ValueError):
    """An invalid tariff; `place` is where the problem is, such as `import_rate.bands[1].start`."""

    kind = "tariff"
    placeholder_names: ClassVar[tuple[str, ...]] = ("place",)

    def __init__(self, place: str, problem: str) -> None:
        """Keep the place and the problem, which states what is allowed."""
        self.place, self.problem = place, problem
        super().__init__(f"{place}: {problem}" if place else problem)

    def within(self, place: str) -> TariffError:
        """Return the same error with its place below `place`."""
        return TariffError(f"{place}.{self.place}" if self.place else place, self.problem)


class TemplateFailedError(TariffError):
    """The template of a rate cannot be evaluated; `detail` is the template engine's own text."""

    kind = "tariff_template_fails"
    placeholder_names = ("detail",)

    def __init__(self, place: str, detail: str) -> None:
        """Keep the place and the detail."""
        self.detail = detail
        super().__init__(place, f"it cannot be evaluated: {detail}")


class TemplateResultError(TariffError):
    """The template of a rate gave something other than a number."""

    kind = "tariff_template_no_number"
    placeholder_names = ("given", "at")

    def __init__(self, place: str, given: object, start: datetime) -> None:
        """Keep what the template gave for the slot that starts at `start`, a local time."""
        self.given, self.at = repr(given), f"{start:%Y-%m-%d %H:%M}"
        super().__init__(place, f"it gave {self.given} for {self.at}; a number, per kWh, is needed")


@dataclass(frozen=True, slots=True)
class Band:
    """A fee for certain hours of certain days of a season.

    `start` and `end` are local times "HH:MM"; the end is excluded and may be "24:00". A band whose end is not after its
    start continues past midnight and belongs to the day on which it began. `days` are taken from DAYS; a holiday counts
    as "holiday" only, whatever its day of the week. `first` and `last` are "MM-DD", both included, and may span New
    Year.
    """

    fee: float
    start: str = "00:00"
    end: str = "24:00"
    days: tuple[str, ...] = DAYS
    first: str = "01-01"
    last: str = "12-31"

    def __post_init__(self) -> None:
        """Validate the fields; raise TariffError."""
        object.__setattr__(self, "fee", _checked_number("fee", self.fee, -_HIGHEST, _HIGHEST))
        object.__setattr__(self, "days", _checked_list("days", self.days))
        for name in ("start", "end"):
            _check_text(name, getattr(self, name), _CLOCK.fullmatch, 'a time of day such as "06:30"')
        if self.start in (self.end, "24:00"):
            raise TariffError(
                "end", f'a band from {self.start} to {self.end} is empty; "00:00" to "24:00" is a whole day'
            )
        for day in self.days:
            _check_text("days", day, DAYS.__contains__, f"one of {', '.join(DAYS)}")
        if not self.days:
            raise TariffError("days", f"no day is chosen; at least one of {', '.join(DAYS)} is needed")
        for name in ("first", "last"):
            _check_text(name, getattr(self, name), _is_yearly, 'a day of the year such as "04-01"')

    def applies(self, clock: str, today: _TariffDay, yesterday: _TariffDay) -> bool:
        """Return whether the band applies at "HH:MM" of a day."""
        if self.start < self.end:
            return self.start <= clock < self.end and self._applies_on(today)
        return (clock >= self.start and self._applies_on(today)) or (clock < self.end and self._applies_on(yesterday))

    def _applies_on(self, day: _TariffDay) -> bool:
        if day.name not in self.days:
            return False
        if self.first <= self.last:
            return self.first <= day.yearly <= self.last
        return day.yearly >= self.first or day.yearly <= self.last


@dataclass(frozen=True, slots=True)
class _TariffDay:
    name: str  # one of DAYS
    yearly: str  # "MM-DD"


@dataclass(frozen=True, slots=True)
class Rate:
    """The price formula of one direction.

    The price is (spot x factor + fee + fee of the first band that applies) x VAT, or the result of a template. For
    export the fees are subtracted. `floor` is the lowest possible price. `hourly` first averages the spot price over
    each local hour. `template` is text that the caller compiles to a PriceFormula, which replaces the formula above;
    the floor still applies. A `vat_percent` of 19 means 19 %.
    """

    factor: float = 1.0
    fee: float = 0.0
    bands: tuple[Band, ...] = ()
    vat_percent: float = 0.0
    floor: float | None = None
    hourly: bool = False
    template: str = ""

    def __post_init__(self) -> None:
        """Validate the fields; raise TariffError."""
        object.__setattr__(self, "factor", _checked_number("factor", self.factor, -10, 10))
        object.__setattr__(self, "fee", _checked_number("fee", self.fee, -_HIGHEST, _HIGHEST))
        object.__setattr__(self, "vat_percent", _checked_number("vat_percent", self.vat_percent, 0, 100))
        if self.floor is not None:
            object.__setattr__(self, "floor", _checked_number("floor", self.floor, -_HIGHEST, _HIGHEST))
        if not isinstance(self.hourly, bool):
            raise TariffError("hourly", f"{self.hourly!r} is not allowed: true or false is")
        _check_text("template", self.template, lambda _: True, "a text")
        object.__setattr__(self, "bands", tuple(self.bands))


@dataclass(frozen=True, slots=True)
class Tariff:
    """The rates for import and export, and the holidays: "YYYY-MM-DD", or "MM-DD" for every year."""

    import_rate: Rate = field(default_factory=Rate)
    export_rate: Rate = field(default_factory=Rate)
    holidays: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Validate the fields; raise TariffError."""
        object.__setattr__(self, "holidays", _checked_list("holidays", self.holidays))
        for day in self.holidays:
            _check_text("holidays", day, _is_day, 'a day such as "2026-04-03", or "12-25" for every year')

    def price(
        self, slots: Iterable[PriceSlot], kind: PriceKind, zone: tzinfo, formula: PriceFormula | None = None
    ) -> tuple[PriceSlot, ...]:
        """Return the slots at the prices of `kind`, rounded to 1e-6; a rate with a template needs `formula`.

        With hourly averaging the slots keep their length and share the mean of their hour; slots of an hour that is not
        completely known are left out. Raises TariffError if the formula is missing or does not return a number.
        """
        if kind is PriceKind.SPOT:
            return tuple(slots)
        rate = self.import_rate if kind is PriceKind.IMPORT else self.export_rate
        place = f"{kind}_rate.template"
        if rate.template and formula is None:
            raise TariffError(place, "the template has to be evaluated by whoever asks for prices, and was not")
        price_of = formula if rate.template and formula else self._formula(rate, -1 if kind is PriceKind.EXPORT else 1)
        priced = []
        for slot in hourly_means(slots, zone) if rate.hourly else slots:
            start = slot.start.astimezone(zone)
            price = price_of(start, slot.price)
            if isinstance(price, bool) or not isinstance(price, int | float) or not math.isfinite(price):
                raise TemplateResultError(place, price, start)
            floored = price if rate.floor is None else max(price, rate.floor)
            priced.append(replace(slot, price=round(floored, 6)))
        return tuple(priced)

    def _formula(self, rate: Rate, sign: int) -> PriceFormula:
        vat = 1 + rate.vat_percent / 100

        def price(start: datetime, spot: float) -> float:
            return (spot * rate.factor + sign * (rate.fee + self._band_fee(rate.bands, start))) * vat

        return price

    def _band_fee(self, bands: Sequence[Band], start: datetime) -> float:
        if not bands:
            return 0.0
        clock, today = f"{start:%H:%M}", self._day(start.date())
        yesterday = self._day(start.date() - timedelta(days=1))
        return next((band.fee for band in bands if band.applies(clock, today, yesterday)), 0.0)

    def _day(self, day: date) -> _TariffDay:
        iso = day.isoformat()
        holiday = iso in self.holidays or iso[5:] in self.holidays
        return _TariffDay("holiday" if holiday else DAYS[day.weekday()], iso[5:])

    def to_dict(self) -> dict[str, Any]:
        """Return the tariff as plain JSON."""
        plain = asdict(self)
        for rate in (plain["import_rate"], plain["export_rate"]):
            rate["bands"] = [{**band, "days": list(band["days"])} for band in rate["bands"]]
        return {**plain, "holidays": list(self.holidays)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Tariff:
        """Return the tariff from its JSON; missing fields get their defaults. Raises TariffError."""
        given = _checked_fields(cls, data)
        for name in ("import_rate", "export_rate"):
            if name in given:
                given[name] = _with_place(name, _rate, given[name])
        return cls(**given)


def _rate(data: Any) -> Rate:  # noqa: ANN401 - JSON, not yet known to be right
    given = _checked_fields(Rate, data)
    if "bands" in given:
        if not isinstance(given["bands"], list | tuple):
            raise TariffError("bands", f"{given['bands']!r} is not allowed: a list is")
        given["bands"] = tuple(
            _with_place(f"bands[{index}]", lambda band: Band(**_checked_fields(Band, band)), band)
            for index, band in enumerate(given["bands"])
        )
    return Rate(**given)


def hourly_means(slots: Iterable[PriceSlot], zone: tzinfo) -> tuple[PriceSlot, ...]:
    """Return the slots at the mean price of their local hour, without those of an hour with a gap.

    A slot of an hour or longer stays as it is. The hour that is repeated in autumn counts as two hours.
    """

    def hour_start(slot: PriceSlot) -> datetime:
        local = slot.start.astimezone(zone)
        return slot.start - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)

    means: list[PriceSlot] = []
    for start, group in groupby(sorted(slots), hour_start):
        hour_slots = list(group)
        lengths = [(slot.end - slot.start) / _HOUR for slot in hour_slots]
        total = sum(lengths)
        if len(hour_slots) == 1 and total >= 1:
            means += hour_slots
        elif math.isclose(total, 1) and hour_slots[-1].end.astimezone(UTC) == start.astimezone(UTC) + _HOUR:
            mean = sum(slot.price * length for slot, length in zip(hour_slots, lengths, strict=True)) / total
            means += [replace(slot, price=mean) for slot in hour_slots]
    return tuple(means)


def _with_place[T](place: str, make: Callable[[Any], T], data: object) -> T:
    try:
        return make(data)
    except TariffError as error:
        raise error.within(place) from None


def _checked_fields(kind: type[Tariff | Rate | Band], data: object) -> dict[str, Any]:
    names = [item.name for item in fields(kind)]
    if not isinstance(data, Mapping):
        raise TariffError("", f"{data!r} is not allowed: an object with {', '.join(names)} is")
    for name in data:
        if name not in names:
            raise TariffError(str(name), f"there is no such setting; there are {', '.join(names)}")
    if kind is Band and "fee" not in data:
        raise TariffError("fee", "it is missing; a number, per kWh, is needed")
    return dict(data)


def _checked_number(place: str, value: object, low: float, high: float) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
        return float(value)
    raise TariffError(place, f"{value!r} is not allowed: a number from {low:g} to {high:g} is")


def _check_text(place: str, value: object, allowed: Callable[[str], object], what: str) -> None:
    if not isinstance(value, str) or not allowed(value):
        raise TariffError(place, f"{value!r} is not allowed: {what} is")


def _checked_list(place: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise TariffError(place, f"{value!r} is not allowed: a list is")
    return tuple(value)


def _is_yearly(text: str) -> bool:
    return re.fullmatch(r"\d\d-\d\d", text) is not None and _is_day(f"2024-{text}")  # a leap year has every day


def _is_day(text: str) -> bool:
    if re.fullmatch(r"\d\d-\d\d", text):
        return _is_yearly(text)
    try:
        return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False
