"""Writes the documents of the platform as the platform does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

_PUBLICATION = "urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3"
_ACKNOWLEDGEMENT = "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0"
_OWNER = '<{0}_MarketParticipant.mRID codingScheme="A01">10X1001A1001A450</{0}_MarketParticipant.mRID>'


@dataclass(frozen=True, slots=True)
class Stretch:
    """One time series with one period: `amounts` in `currency` per MWh, one every `minutes` from `start` on.

    None is a price that the platform does not know. `sequence` None leaves the element out, as most areas do.
    """

    start: datetime
    amounts: Sequence[float | None]
    minutes: int = 15
    sequence: int | None = 1
    currency: str = "EUR"
    unit: str = "MWH"
    curve: str | None = "A03"
    contract: str = "A01"
    resolution: str | None = None


def stamp(moment: datetime) -> str:
    """A moment as the platform writes it in intervals."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def publication(
    domain: str, stretches: Iterable[Stretch], *, created: datetime, revision: int = 1, filled_out: bool = False
) -> bytes:
    """A price document; a price that repeats the one before is left out in curve A03, unless `filled_out`."""
    series = "".join(_series(number, domain, stretch, filled_out) for number, stretch in enumerate(stretches, start=1))
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<Publication_MarketDocument xmlns="{_PUBLICATION}">'
        f"<mRID>0123456789abcdef0123456789abcdef</mRID><revisionNumber>{revision}</revisionNumber><type>A44</type>"
        f"{_OWNER.format('sender')}{_OWNER.format('receiver')}"
        f"<createdDateTime>{created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</createdDateTime>"
        f"{series}</Publication_MarketDocument>"
    ).encode()


def acknowledgement(code: str, text: str, *, created: datetime) -> bytes:
    """What comes in place of prices."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Acknowledgement_MarketDocument xmlns="{_ACKNOWLEDGEMENT}">'
        f"<mRID>fedcba98-7654</mRID><createdDateTime>{created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</createdDateTime>"
        f"{_OWNER.format('sender')}{_OWNER.format('receiver')}"
        f"<Reason><code>{escape(code)}</code><text>{escape(text)}</text></Reason></Acknowledgement_MarketDocument>"
    ).encode()


def _series(number: int, domain: str, stretch: Stretch, filled_out: bool) -> str:  # noqa: FBT001
    position = "classificationSequence_AttributeInstanceComponent.position"
    sequence = "" if stretch.sequence is None else f"<{position}>{stretch.sequence}</{position}>"
    curve = "" if stretch.curve is None else f"<curveType>{stretch.curve}</curveType>"
    end = stretch.start.astimezone(UTC) + len(stretch.amounts) * timedelta(minutes=stretch.minutes)
    return (
        f"<TimeSeries><mRID>{number}</mRID><auction.type>A01</auction.type><businessType>A62</businessType>"
        f'<in_Domain.mRID codingScheme="A01">{domain}</in_Domain.mRID>'
        f'<out_Domain.mRID codingScheme="A01">{domain}</out_Domain.mRID>'
        f"<contract_MarketAgreement.type>{stretch.contract}</contract_MarketAgreement.type>"
        f"<currency_Unit.name>{stretch.currency}</currency_Unit.name>"
        f"<price_Measure_Unit.name>{stretch.unit}</price_Measure_Unit.name>{sequence}{curve}"
        f"<Period><timeInterval><start>{stamp(stretch.start)}</start><end>{stamp(end)}</end></timeInterval>"
        f"<resolution>{stretch.resolution or f'PT{stretch.minutes}M'}</resolution>"
        f"{_points(stretch, filled_out)}</Period></TimeSeries>"
    )


def _points(stretch: Stretch, filled_out: bool) -> str:  # noqa: FBT001
    points = []
    before: float | None = None
    for position, amount in enumerate(stretch.amounts, start=1):
        repeats = amount == before and stretch.curve == "A03" and not filled_out
        if amount is not None and not repeats:
            points.append(f"<Point><position>{position}</position><price.amount>{amount:.2f}</price.amount></Point>")
        before = amount
    return "".join(points)
