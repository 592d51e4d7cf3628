"""What a kilowatt-hour costs at the meter, and what one fed in earns, from the spot price: a tariff of two rates.

All prices per kWh in the currency of the spot price. A rate is plain data that goes to JSON and back; a wrong one
cannot be made. Everything is evaluated at the slot's own local time, so both days on which the clock changes are right.
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

type Hook = Callable[[datetime, float], float]
"""From the local start of a slot and its spot price to the price that counts."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday")
_HIGHEST = 1000.0  # per kWh: far beyond any price, in any currency of the area
_HOUR = timedelta(hours=1)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


class PriceKind(StrEnum):
    """Which price is meant."""

    SPOT = "spot"
    IMPORT = "import"
    EXPORT = "export"


class TariffError(NatteryError, ValueError):
    """A tariff that is not valid; `place` is where in it, such as `import_rate.bands[1].start`."""

    kind = "tariff"
    placeholder_names: ClassVar[tuple[str, ...]] = ("place",)

    def __init__(self, place: str, problem: str) -> None:
        """Name the place and say what is wrong and what is allowed."""
        self.place, self.problem = place, problem
        super().__init__(f"{place}: {problem}" if place else problem)

    def within(self, place: str) -> TariffError:
        """The same error, seen from further out."""
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

    `start` and `end` are local times "HH:MM", the end excluded and "24:00" allowed; a band whose end is not after its
    start runs past midnight and belongs to the day on which it began. `days` are those of DAYS; a holiday is only
    "holiday", whatever day of the week it is. `first` and `last` are "MM-DD", both included, and may span New Year.
    """

    fee: float
    start: str = "00:00"
    end: str = "24:00"
    days: tuple[str, ...] = DAYS
    first: str = "01-01"
    last: str = "12-31"

    def __post_init__(self) -> None:
        """Refuse what cannot be; raises TariffError."""
        object.__setattr__(self, "fee", _number("fee", self.fee, -_HIGHEST, _HIGHEST))
        object.__setattr__(self, "days", _texts("days", self.days))
        for name in ("start", "end"):
            _text(name, getattr(self, name), _CLOCK.fullmatch, 'a time of day such as "06:30"')
        if self.start in (self.end, "24:00"):
            raise TariffError(
                "end", f'a band from {self.start} to {self.end} is empty; "00:00" to "24:00" is a whole day'
            )
        for day in self.days:
            _text("days", day, DAYS.__contains__, f"one of {', '.join(DAYS)}")
        if not self.days:
            raise TariffError("days", f"no day is chosen; at least one of {', '.join(DAYS)} is needed")
        for name in ("first", "last"):
            _text(name, getattr(self, name), _is_yearly, 'a day of the year such as "04-01"')

    def holds(self, clock: str, today: _Day, yesterday: _Day) -> bool:
        """Whether the band applies at "HH:MM" of a day."""
        if self.start < self.end:
            return self.start <= clock < self.end and self._on(today)
        return (clock >= self.start and self._on(today)) or (clock < self.end and self._on(yesterday))

    def _on(self, day: _Day) -> bool:
        if day.name not in self.days:
            return False
        if self.first <= self.last:
            return self.first <= day.yearly <= self.last
        return day.yearly >= self.first or day.yearly <= self.last


@dataclass(frozen=True, slots=True)
class _Day:
    name: str  # one of DAYS
    yearly: str  # "MM-DD"


@dataclass(frozen=True, slots=True)
class Rate:
    """How one direction is priced: (spot x factor + fee + the first band that holds) x VAT, or by a template.

    For export the fees are subtracted. `floor` is the lowest price there is, `hourly` averages the spot price over each
    local hour first. `template` is text that somebody else compiles to a Hook; its answer stands in for the formula,
    the floor still holds. `vat_percent` of 19 means 19 %.
    """

    factor: float = 1.0
    fee: float = 0.0
    bands: tuple[Band, ...] = ()
    vat_percent: float = 0.0
    floor: float | None = None
    hourly: bool = False
    template: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be; raises TariffError."""
        object.__setattr__(self, "factor", _number("factor", self.factor, -10, 10))
        object.__setattr__(self, "fee", _number("fee", self.fee, -_HIGHEST, _HIGHEST))
        object.__setattr__(self, "vat_percent", _number("vat_percent", self.vat_percent, 0, 100))
        if self.floor is not None:
            object.__setattr__(self, "floor", _number("floor", self.floor, -_HIGHEST, _HIGHEST))
        if not isinstance(self.hourly, bool):
            raise TariffError("hourly", f"{self.hourly!r} is not allowed: true or false is")
        _text("template", self.template, lambda _: True, "a text")
        object.__setattr__(self, "bands", tuple(self.bands))


@dataclass(frozen=True, slots=True)
class Tariff:
    """Both rates, and the days that count as holidays: "YYYY-MM-DD", or "MM-DD" for every year."""

    import_rate: Rate = field(default_factory=Rate)
    export_rate: Rate = field(default_factory=Rate)
    holidays: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be; raises TariffError."""
        object.__setattr__(self, "holidays", _texts("holidays", self.holidays))
        for day in self.holidays:
            _text("holidays", day, _is_day, 'a day such as "2026-04-03", or "12-25" for every year')

    def price(
        self, slots: Iterable[PriceSlot], kind: PriceKind, zone: tzinfo, hook: Hook | None = None
    ) -> tuple[PriceSlot, ...]:
        """The slots at the prices of `kind`, rounded to a millionth; a rate with a template needs its hook.

        With hourly averaging the slots keep their edges and share their hour's mean; those of an hour that is not
        known from end to end have no price, so they are left out. Raises TariffError when the hook is missing or
        answers with something that is no number.
        """
        if kind is PriceKind.SPOT:
            return tuple(slots)
        rate = self.import_rate if kind is PriceKind.IMPORT else self.export_rate
        place = f"{kind}_rate.template"
        if rate.template and hook is None:
            raise TariffError(place, "the template has to be evaluated by whoever asks for prices, and was not")
        formula = hook if rate.template and hook else self._formula(rate, -1 if kind is PriceKind.EXPORT else 1)
        priced = []
        for slot in hourly_means(slots, zone) if rate.hourly else slots:
            start = slot.start.astimezone(zone)
            price = formula(start, slot.price)
            if isinstance(price, bool) or not isinstance(price, int | float) or not math.isfinite(price):
                raise TemplateResultError(place, price, start)
            floored = price if rate.floor is None else max(price, rate.floor)
            priced.append(replace(slot, price=round(floored, 6)))
        return tuple(priced)

    def _formula(self, rate: Rate, sign: int) -> Hook:
        vat = 1 + rate.vat_percent / 100

        def price(start: datetime, spot: float) -> float:
            return (spot * rate.factor + sign * (rate.fee + self._band_fee(rate.bands, start))) * vat

        return price

    def _band_fee(self, bands: Sequence[Band], start: datetime) -> float:
        if not bands:
            return 0.0
        clock, today = f"{start:%H:%M}", self._day(start.date())
        yesterday = self._day(start.date() - timedelta(days=1))
        return next((band.fee for band in bands if band.holds(clock, today, yesterday)), 0.0)

    def _day(self, day: date) -> _Day:
        iso = day.isoformat()
        holiday = iso in self.holidays or iso[5:] in self.holidays
        return _Day("holiday" if holiday else DAYS[day.weekday()], iso[5:])

    def to_dict(self) -> dict[str, Any]:
        """The tariff as plain JSON."""
        plain = asdict(self)
        for rate in (plain["import_rate"], plain["export_rate"]):
            rate["bands"] = [{**band, "days": list(band["days"])} for band in rate["bands"]]
        return {**plain, "holidays": list(self.holidays)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Tariff:
        """The tariff from its JSON; what is left out is as in a new one. Raises TariffError."""
        given = _known(cls, data)
        for name in ("import_rate", "export_rate"):
            if name in given:
                given[name] = _within(name, _rate, given[name])
        return cls(**given)


def _rate(data: Any) -> Rate:  # noqa: ANN401 - JSON, not yet known to be right
    given = _known(Rate, data)
    if "bands" in given:
        if not isinstance(given["bands"], list | tuple):
            raise TariffError("bands", f"{given['bands']!r} is not allowed: a list is")
        given["bands"] = tuple(
            _within(f"bands[{index}]", lambda band: Band(**_known(Band, band)), band)
            for index, band in enumerate(given["bands"])
        )
    return Rate(**given)


def hourly_means(slots: Iterable[PriceSlot], zone: tzinfo) -> tuple[PriceSlot, ...]:
    """The slots at the mean price of their local hour; those of an hour with a gap are left out.

    A slot as long as an hour or longer stays as it is. The hour that comes twice in autumn is two hours.
    """

    def hour(slot: PriceSlot) -> datetime:
        local = slot.start.astimezone(zone)
        return slot.start - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)

    means: list[PriceSlot] = []
    for start, group in groupby(sorted(slots), hour):
        members = list(group)
        lengths = [(slot.end - slot.start) / _HOUR for slot in members]
        known = sum(lengths)
        if len(members) == 1 and known >= 1:
            means += members
        elif math.isclose(known, 1) and members[-1].end.astimezone(UTC) == start.astimezone(UTC) + _HOUR:
            mean = sum(slot.price * length for slot, length in zip(members, lengths, strict=True)) / known
            means += [replace(slot, price=mean) for slot in members]
    return tuple(means)


def _within[T](place: str, make: Callable[[Any], T], data: object) -> T:
    try:
        return make(data)
    except TariffError as error:
        raise error.within(place) from None


def _known(kind: type[Tariff | Rate | Band], data: object) -> dict[str, Any]:
    names = [item.name for item in fields(kind)]
    if not isinstance(data, Mapping):
        raise TariffError("", f"{data!r} is not allowed: an object with {', '.join(names)} is")
    for name in data:
        if name not in names:
            raise TariffError(str(name), f"there is no such setting; there are {', '.join(names)}")
    if kind is Band and "fee" not in data:
        raise TariffError("fee", "it is missing; a number, per kWh, is needed")
    return dict(data)


def _number(place: str, value: object, low: float, high: float) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
        return float(value)
    raise TariffError(place, f"{value!r} is not allowed: a number from {low:g} to {high:g} is")


def _text(place: str, value: object, allowed: Callable[[str], object], what: str) -> None:
    if not isinstance(value, str) or not allowed(value):
        raise TariffError(place, f"{value!r} is not allowed: {what} is")


def _texts(place: str, value: object) -> tuple[str, ...]:
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
