"""Price documents of ENTSO-E: from bytes to slots, by the standard library alone.

A `Publication_MarketDocument` holds time series, these hold periods, and these hold numbered points. Of curve type A03
a point that equals the one before it is left out, so a missing point means "as before" up to the end of its own
period; of A01 it means "unknown". Nothing is ever carried from one period to another, or backwards to a period's head.
Only the first auction (`sequence` 1, contract A01) is traded on; others are kept aside and named.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
import re
from typing import NoReturn
from xml.etree import ElementTree as ET
from zipfile import BadZipFile, ZipFile
import zlib

from ..errors import (
    BadPeriodError,
    BadPriceError,
    ConflictingPricesError,
    EmptyError,
    HtmlError,
    MissingPartError,
    NotPublishedError,
    NotXmlError,
    OtherAuctionError,
    QueryRejectedError,
    TooLargeError,
    TruncatedError,
    UnknownCurveError,
    UnknownResolutionError,
    WrongDocumentError,
    WrongDomainError,
    WrongUnitError,
)
from ..prices import PriceSeries, PriceSlot

SIZE_LIMIT = 5_000_000  # bytes; a year of quarters has a quarter of that
SLOT_LIMIT = 40_000  # slots; a year of quarters has 35 136
DOCUMENT_LIMIT = 100  # documents in one archive

RESOLUTIONS = {f"PT{minutes}M": timedelta(minutes=minutes) for minutes in (15, 30, 60)}
ONLY_WRITTEN, FILLED = "A01", "A03"  # curve types
DAY_AHEAD, FIRST_AUCTION = "A01", "1"
NO_DATA_CODE, NO_DATA_TEXT = "999", "no matching data"

_ZIP = b"PK\x03\x04"
_HTML, _HEAD = re.compile(rb"<(?:!doctype\s+)?html\b", re.IGNORECASE), 1000
# Definitions are how XML reads files and blows up; NUL betrays an encoding in which they would not be found.
_DEFINITION = re.compile(rb"<!(?!--|\[CDATA\[)|\x00")
_AMOUNT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_POSITION = re.compile(r"[0-9]{1,5}")
_CODE = re.compile(r"[A-Z0-9]{1,6}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_ENDS_EARLY = {3, 5, 6}  # expat's codes: no element found, unclosed token, partial character

type Prices = dict[tuple[timedelta, str], dict[datetime, PriceSlot]]


@dataclass(frozen=True, slots=True)
class OtherAuction:
    """What a document holds of an auction that is not traded on: its name and from when to when (UTC)."""

    auction: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class PriceDocument:
    """A price document, or several made one; `prices` maps (resolution, currency) to slots by their start."""

    created: datetime
    revision: int
    prices: Mapping[tuple[timedelta, str], Mapping[datetime, PriceSlot]]
    asides: tuple[OtherAuction, ...] = ()

    def series(self, area: str, start: datetime, end: datetime, *, source: str, fetched_at: datetime) -> PriceSeries:
        """The slots that begin in [start, end), at the finest resolution found there; not yet judged.

        Where a finer price exists it wins; a coarser one that no finer one overlaps is split into equal parts.
        Raises NotPublishedError, OtherAuctionError, and ContradictionError for two currencies.
        """
        held = {
            key: within
            for key, slots in self.prices.items()
            if (within := [slot for moment, slot in slots.items() if start <= moment < end])
        }
        if not held:
            if beside := [aside.auction for aside in self.asides if aside.start < end and start < aside.end]:
                raise OtherAuctionError(beside)
            raise NotPublishedError
        currencies = sorted({currency for _, currency in held})
        if len(currencies) > 1:
            raise ConflictingPricesError(f"prices in {' and '.join(currencies)}")
        resolution = min(length for length, _ in held)
        slots = _finest([held[key] for key in sorted(held)], resolution)
        return PriceSeries(area, currencies[0], resolution, slots, source, fetched_at)


def parse(body: bytes, domain: str) -> PriceDocument:
    """The document in an answer about the area with the code `domain`; of several, the latest revision wins.

    Raises NotPublishedError or RefusedError for an acknowledgement, else an error of BrokenDocumentError's family.
    """
    if len(body) > SIZE_LIMIT:
        raise TooLargeError
    if not body.startswith(_ZIP):
        return _parse_one(body, domain)
    documents = sorted(
        (_parse_one(part, domain) for part in _unpack(body)), key=lambda document: (document.created, document.revision)
    )
    prices: Prices = {}
    for document in documents:
        for key, slots in document.prices.items():
            prices.setdefault(key, {}).update(slots)
    latest = documents[-1]
    asides = tuple(aside for document in documents for aside in document.asides)
    return PriceDocument(latest.created, latest.revision, prices, asides)


def _unpack(body: bytes) -> list[bytes]:
    try:
        with ZipFile(BytesIO(body)) as archive:
            names = archive.namelist()
            if len(names) > DOCUMENT_LIMIT or sum(archive.getinfo(name).file_size for name in names) > SIZE_LIMIT:
                raise TooLargeError
            parts = [archive.read(name) for name in names]
    except BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error:
        raise TruncatedError("an archive that cannot be opened") from None
    if not parts:
        raise EmptyError
    return parts


def _parse_one(body: bytes, domain: str) -> PriceDocument:
    root = _root(body)
    space, _, name = root.tag.rpartition("}")
    read = _Reader(f"{space}}}" if space else "")
    if name == "Acknowledgement_MarketDocument":
        _refuse(read, root)
    if name != "Publication_MarketDocument":
        raise (HtmlError if name.lower() == "html" else WrongDocumentError)
    prices: Prices = {}
    asides: list[OtherAuction] = []
    all_series = read.all(root, "TimeSeries")
    if not all_series:
        raise EmptyError("it has no time series")
    for series in all_series:
        _check_domain(read, series, domain)
        if auction := _other_auction(read, series):
            asides += (OtherAuction(auction, *read.interval(period)) for period in read.all(series, "Period"))
        else:
            _add(read, series, prices)
    created = read.moment(read.text(root, "createdDateTime"))
    revision = read.text(root, "revisionNumber", "1")
    if not _POSITION.fullmatch(revision):
        raise MissingPartError("its revision is no number")
    return PriceDocument(created, int(revision), prices, tuple(asides))


def _root(body: bytes) -> ET.Element:
    if not body.strip():
        raise EmptyError
    if _HTML.search(body[:_HEAD]):
        raise HtmlError
    if _DEFINITION.search(body):
        raise NotXmlError("it brings definitions of its own")
    try:
        return ET.fromstring(body)  # noqa: S314  (without definitions there is nothing to expand or to load)
    except ET.ParseError as error:
        code = error.code
    except LookupError, ValueError:  # an encoding that Python does not know
        code = 0
    raise (
        TruncatedError if code in _ENDS_EARLY and body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else NotXmlError
    )


class _Reader:
    """Finds the parts of a document by their plain names, whatever the version of its namespace."""

    def __init__(self, space: str) -> None:
        self.space = space

    def all(self, element: ET.Element, name: str) -> list[ET.Element]:
        return element.findall(self.space + name)

    def text(self, element: ET.Element, name: str, default: str | None = None) -> str:
        found = element.findtext(self.space + name)
        if found is None or not (found := found.strip()):
            found = default
        if found is None:
            raise MissingPartError(name)
        return found

    def moment(self, text: str) -> datetime:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise BadPeriodError("a time without a date or a zone")
        return moment.astimezone(UTC)

    def interval(self, period: ET.Element) -> tuple[datetime, datetime]:
        for interval in self.all(period, "timeInterval"):
            return self.moment(self.text(interval, "start")), self.moment(self.text(interval, "end"))
        raise MissingPartError("timeInterval")


def _refuse(read: _Reader, root: ET.Element) -> NoReturn:
    reasons = [(read.text(reason, "code", ""), read.text(reason, "text", "")) for reason in read.all(root, "Reason")]
    if any(code == NO_DATA_CODE and (not text or NO_DATA_TEXT in text.lower()) for code, text in reasons):
        raise NotPublishedError
    raise QueryRejectedError("; ".join(text for _, text in reasons if text))


def _check_domain(read: _Reader, series: ET.Element, domain: str) -> None:
    for name in ("in_Domain.mRID", "out_Domain.mRID"):
        if read.text(series, name) != domain:
            raise WrongDomainError


def _other_auction(read: _Reader, series: ET.Element) -> str | None:
    contract = read.text(series, "contract_MarketAgreement.type", DAY_AHEAD)
    sequence = read.text(series, "classificationSequence_AttributeInstanceComponent.position", FIRST_AUCTION)
    if contract != DAY_AHEAD:
        return f"contract {_code(contract)}"
    return None if sequence == FIRST_AUCTION else f"sequence {_code(sequence)}"


def _code(text: str) -> str:
    """A short code as the document has it; anything else is not repeated to people."""
    return text if _CODE.fullmatch(text) else "unreadable"


def _add(read: _Reader, series: ET.Element, prices: Prices) -> None:
    currency = read.text(series, "currency_Unit.name")
    if read.text(series, "price_Measure_Unit.name") != "MWH" or not _CURRENCY.fullmatch(currency):
        raise WrongUnitError
    curve = read.text(series, "curveType", ONLY_WRITTEN)
    if curve not in {ONLY_WRITTEN, FILLED}:
        raise UnknownCurveError(_code(curve))
    for period in read.all(series, "Period"):
        code = read.text(period, "resolution")
        if code not in RESOLUTIONS:
            raise UnknownResolutionError(_code(code))
        resolution = RESOLUTIONS[code]
        known = prices.setdefault((resolution, currency), {})
        for slot in _expand(read, period, resolution, filled=curve == FILLED):
            if known.setdefault(slot.start, slot).price != slot.price:
                raise ConflictingPricesError(f"two prices for {slot.start:%Y-%m-%dT%H:%MZ}")


def _expand(read: _Reader, period: ET.Element, resolution: timedelta, *, filled: bool) -> Iterator[PriceSlot]:
    start, end = read.interval(period)
    count, rest = divmod(end - start, resolution)
    if count < 1 or rest or (start - datetime.min.replace(tzinfo=UTC)) % resolution:
        raise BadPeriodError("it is no whole number of slots")
    if count > SLOT_LIMIT:
        raise TooLargeError
    written = _points(read, period, count)
    price = None
    for position in range(1, count + 1):
        price = written.get(position, price if filled else None)
        following = start + resolution
        if price is not None:
            yield PriceSlot(start, following, price)
        start = following


def _points(read: _Reader, period: ET.Element, count: int) -> dict[int, float]:
    """Prices per kWh by position."""
    name_of_position, name_of_price = f"{read.space}position", f"{read.space}price.amount"
    written: dict[int, float] = {}
    for point in read.all(period, "Point"):
        position, amount = point.findtext(name_of_position, "").strip(), point.findtext(name_of_price, "").strip()
        if not _POSITION.fullmatch(position) or not 1 <= (number := int(position)) <= count:
            raise BadPeriodError("a point lies outside of it")
        if not _AMOUNT.fullmatch(amount):
            raise BadPriceError
        price = float(f"{amount}e-3")  # shifting the decimal point in the text rounds once, dividing would twice
        if written.setdefault(number, price) != price:
            raise ConflictingPricesError(f"two prices for position {number}")
    if not written:
        raise MissingPartError("Point")
    return written


def _finest(by_resolution: list[list[PriceSlot]], resolution: timedelta) -> tuple[PriceSlot, ...]:
    """Lists of slots, the finest first, as one list of slots of the finest `resolution`."""
    taken: dict[datetime, PriceSlot] = {}
    for slots in by_resolution:
        fresh: dict[datetime, PriceSlot] = {}
        for slot in slots:
            if slot.end - slot.start == resolution:
                parts = [slot]
            else:
                edges = [slot.start + part * resolution for part in range((slot.end - slot.start) // resolution)]
                parts = [PriceSlot(edge, edge + resolution, slot.price) for edge in edges]
            if not any(part.start in taken for part in parts):
                fresh.update((part.start, part) for part in parts)
        taken |= fresh
    return tuple(sorted(taken.values()))
