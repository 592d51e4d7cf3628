"""Parser of ENTSO-E price documents: from bytes to slots, with the standard library only.

A `Publication_MarketDocument` contains time series, which contain periods, which contain numbered points. With curve
type A03 (variable blocks), a point equal to the one before it is omitted, so a missing point repeats the previous one
until the end of its period. With A01 (fixed blocks), a missing point is unknown. No price is carried from one period to
another or backwards to the start of a period. Only the first auction (`sequence` 1, contract A01) is used; others are
listed.
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

SIZE_LIMIT = 5_000_000  # bytes; four times a year of quarter-hours
SLOT_LIMIT = 40_000  # a year of quarter-hours has 35 136
DOCUMENT_LIMIT = 100  # in one archive

RESOLUTIONS = {f"PT{minutes}M": timedelta(minutes=minutes) for minutes in (15, 30, 60)}
FIXED_BLOCKS, VARIABLE_BLOCKS = "A01", "A03"  # curve types
DAY_AHEAD, FIRST_AUCTION = "A01", "1"
NO_DATA_CODE, NO_DATA_TEXT = "999", "no matching data"

_ZIP = b"PK\x03\x04"
_HTML, _HEAD = re.compile(rb"<(?:!doctype\s+)?html\b", re.IGNORECASE), 1000
# DTD declarations can read files and expand without limit. NUL indicates an encoding in which they would not be found.
_DEFINITION = re.compile(rb"<!(?!--|\[CDATA\[)|\x00")
_AMOUNT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_POSITION = re.compile(r"[0-9]{1,5}")
_CODE = re.compile(r"[A-Z0-9]{1,6}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_ENDS_EARLY = {3, 5, 6}  # expat's codes: no element found, unclosed token, partial character

type SlotTable = dict[tuple[timedelta, str], dict[datetime, PriceSlot]]


@dataclass(frozen=True, slots=True)
class OtherAuction:
    """Prices of an auction that is not used for trading: its name, start and end (UTC)."""

    auction: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class PriceDocument:
    """One or more price documents; `prices` maps (resolution, currency) to slots by their start."""

    created: datetime
    revision: int
    prices: Mapping[tuple[timedelta, str], Mapping[datetime, PriceSlot]]
    other_auctions: tuple[OtherAuction, ...] = ()

    def series(self, area: str, start: datetime, end: datetime, *, source: str, fetched_at: datetime) -> PriceSeries:
        """Return the slots that begin in [start, end), at the finest resolution found there; not yet assessed.

        Finer prices take precedence; a coarser slot that overlaps no finer one is split into equal parts.
        Raises NotPublishedError, OtherAuctionError, and ConflictingPricesError for two currencies.
        """
        by_shape = {
            key: slots_within
            for key, slots in self.prices.items()
            if (slots_within := [slot for moment, slot in slots.items() if start <= moment < end])
        }
        if not by_shape:
            if others := [
                auction.auction for auction in self.other_auctions if auction.start < end and start < auction.end
            ]:
                raise OtherAuctionError(others)
            raise NotPublishedError
        currencies = sorted({currency for _, currency in by_shape})
        if len(currencies) > 1:
            raise ConflictingPricesError(f"prices in {' and '.join(currencies)}")
        resolution = min(length for length, _ in by_shape)
        slots = _merge_resolutions([by_shape[key] for key in sorted(by_shape)], resolution)
        return PriceSeries(area, currencies[0], resolution, slots, source, fetched_at)


def parse(body: bytes, domain: str) -> PriceDocument:
    """Return the document in a response; if there are several, the latest revision takes precedence.

    `domain` is the EIC code that the document must be about. Raises NotPublishedError or QueryRejectedError for an
    acknowledgement, otherwise a BrokenDocumentError.
    """
    if len(body) > SIZE_LIMIT:
        raise TooLargeError
    if not body.startswith(_ZIP):
        return _parse_one(body, domain)
    documents = sorted(
        (_parse_one(part, domain) for part in _unzip(body)), key=lambda document: (document.created, document.revision)
    )
    prices: SlotTable = {}
    for document in documents:
        for key, slots in document.prices.items():
            prices.setdefault(key, {}).update(slots)
    latest = documents[-1]
    other_auctions = tuple(auction for document in documents for auction in document.other_auctions)
    return PriceDocument(latest.created, latest.revision, prices, other_auctions)


def _unzip(body: bytes) -> list[bytes]:
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
    root = _parse_xml(body)
    space, _, name = root.tag.rpartition("}")
    reader = _ElementReader(f"{space}}}" if space else "")
    if name == "Acknowledgement_MarketDocument":
        _raise_acknowledged(reader, root)
    if name != "Publication_MarketDocument":
        raise (HtmlError if name.lower() == "html" else WrongDocumentError)
    prices: SlotTable = {}
    other_auctions: list[OtherAuction] = []
    all_series = reader.all(root, "TimeSeries")
    if not all_series:
        raise EmptyError("it has no time series")
    for series in all_series:
        _check_domain(reader, series, domain)
        if auction := _other_auction_name(reader, series):
            other_auctions += (
                OtherAuction(auction, *reader.interval(period)) for period in reader.all(series, "Period")
            )
        else:
            _add_prices(reader, series, prices)
    created = reader.moment(reader.text(root, "createdDateTime"))
    revision = reader.text(root, "revisionNumber", "1")
    if not _POSITION.fullmatch(revision):
        raise MissingPartError("its revision is no number")
    return PriceDocument(created, int(revision), prices, tuple(other_auctions))


def _parse_xml(body: bytes) -> ET.Element:
    if not body.strip():
        raise EmptyError
    if _HTML.search(body[:_HEAD]):
        raise HtmlError
    if _DEFINITION.search(body):
        raise NotXmlError("it brings definitions of its own")
    try:
        return ET.fromstring(body)  # noqa: S314  (without DTD declarations there is nothing to expand or to load)
    except ET.ParseError as error:
        code = error.code
    except LookupError, ValueError:  # an encoding unknown to Python
        code = 0
    raise (
        TruncatedError if code in _ENDS_EARLY and body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else NotXmlError
    )


class _ElementReader:
    """Finds elements of a document by local name, for any version of the namespace."""

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


def _raise_acknowledged(reader: _ElementReader, root: ET.Element) -> NoReturn:
    reasons = [
        (reader.text(reason, "code", ""), reader.text(reason, "text", "")) for reason in reader.all(root, "Reason")
    ]
    if any(code == NO_DATA_CODE and (not text or NO_DATA_TEXT in text.lower()) for code, text in reasons):
        raise NotPublishedError
    raise QueryRejectedError("; ".join(text for _, text in reasons if text))


def _check_domain(reader: _ElementReader, series: ET.Element, domain: str) -> None:
    for name in ("in_Domain.mRID", "out_Domain.mRID"):
        if reader.text(series, name) != domain:
            raise WrongDomainError


def _other_auction_name(reader: _ElementReader, series: ET.Element) -> str | None:
    contract = reader.text(series, "contract_MarketAgreement.type", DAY_AHEAD)
    sequence = reader.text(series, "classificationSequence_AttributeInstanceComponent.position", FIRST_AUCTION)
    if contract != DAY_AHEAD:
        return f"contract {_safe_code(contract)}"
    return None if sequence == FIRST_AUCTION else f"sequence {_safe_code(sequence)}"


def _safe_code(text: str) -> str:
    """Return a short code of the document; anything else is not shown to users."""
    return text if _CODE.fullmatch(text) else "unreadable"


def _add_prices(reader: _ElementReader, series: ET.Element, prices: SlotTable) -> None:
    currency = reader.text(series, "currency_Unit.name")
    if reader.text(series, "price_Measure_Unit.name") != "MWH" or not _CURRENCY.fullmatch(currency):
        raise WrongUnitError
    curve = reader.text(series, "curveType", FIXED_BLOCKS)
    if curve not in {FIXED_BLOCKS, VARIABLE_BLOCKS}:
        raise UnknownCurveError(_safe_code(curve))
    for period in reader.all(series, "Period"):
        code = reader.text(period, "resolution")
        if code not in RESOLUTIONS:
            raise UnknownResolutionError(_safe_code(code))
        resolution = RESOLUTIONS[code]
        slots_by_start = prices.setdefault((resolution, currency), {})
        for slot in _slots_of_period(reader, period, resolution, repeats=curve == VARIABLE_BLOCKS):
            if slots_by_start.setdefault(slot.start, slot).price != slot.price:
                raise ConflictingPricesError(f"two prices for {slot.start:%Y-%m-%dT%H:%MZ}")


def _slots_of_period(
    reader: _ElementReader, period: ET.Element, resolution: timedelta, *, repeats: bool
) -> Iterator[PriceSlot]:
    start, end = reader.interval(period)
    count, rest = divmod(end - start, resolution)
    if count < 1 or rest or (start - datetime.min.replace(tzinfo=UTC)) % resolution:
        raise BadPeriodError("it is no whole number of slots")
    if count > SLOT_LIMIT:
        raise TooLargeError
    prices_by_position = _points(reader, period, count)
    price = None
    for position in range(1, count + 1):
        price = prices_by_position.get(position, price if repeats else None)
        following = start + resolution
        if price is not None:
            yield PriceSlot(start, following, price)
        start = following


def _points(reader: _ElementReader, period: ET.Element, count: int) -> dict[int, float]:
    """Return the prices per kWh by position."""
    name_of_position, name_of_price = f"{reader.space}position", f"{reader.space}price.amount"
    prices_by_position: dict[int, float] = {}
    for point in reader.all(period, "Point"):
        position, amount = point.findtext(name_of_position, "").strip(), point.findtext(name_of_price, "").strip()
        if not _POSITION.fullmatch(position) or not 1 <= (number := int(position)) <= count:
            raise BadPeriodError("a point lies outside of it")
        if not _AMOUNT.fullmatch(amount):
            raise BadPriceError
        price = float(f"{amount}e-3")  # dividing by 1000 would round a second time
        if prices_by_position.setdefault(number, price) != price:
            raise ConflictingPricesError(f"two prices for position {number}")
    if not prices_by_position:
        raise MissingPartError("Point")
    return prices_by_position


def _merge_resolutions(by_resolution: list[list[PriceSlot]], resolution: timedelta) -> tuple[PriceSlot, ...]:
    """Merge lists of slots, finest first, into one list of slots of the finest `resolution`."""
    merged: dict[datetime, PriceSlot] = {}
    for slots in by_resolution:
        added: dict[datetime, PriceSlot] = {}
        for slot in slots:
            if slot.end - slot.start == resolution:
                parts = [slot]
            else:
                starts = [slot.start + part * resolution for part in range((slot.end - slot.start) // resolution)]
                parts = [PriceSlot(start, start + resolution, slot.price) for start in starts]
            if not any(part.start in merged for part in parts):
                added.update((part.start, part) for part in parts)
        merged |= added
    return tuple(sorted(merged.values()))
