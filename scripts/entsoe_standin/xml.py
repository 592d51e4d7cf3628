"""Writes documents in the format of the platform."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

_PUBLICATION = "urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3"
_ACKNOWLEDGEMENT = "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0"
_OWNER = '<{0}_MarketParticipant.mRID codingScheme="A01">10X1001A1001A450</{0}_MarketParticipant.mRID>'


@dataclass(frozen=True, slots=True)
class SeriesSpec:
    """One time series with one period: `amounts` in `currency` per MWh, one every `minutes` from `start`.

    An amount of None is unknown to the platform. A `sequence` of None omits the element, as most bidding zones do.
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


def format_time(moment: datetime) -> str:
    """Return a time in the format of the platform's intervals."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def publication(
    domain: str, specs: Iterable[SeriesSpec], *, created: datetime, revision: int = 1, keep_repeats: bool = False
) -> bytes:
    """Return a price document; repeated prices of curve A03 are omitted unless `keep_repeats`."""
    series = "".join(_series(number, domain, spec, keep_repeats) for number, spec in enumerate(specs, start=1))
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<Publication_MarketDocument xmlns="{_PUBLICATION}">'
        f"<mRID>0123456789abcdef0123456789abcdef</mRID><revisionNumber>{revision}</revisionNumber><type>A44</type>"
        f"{_OWNER.format('sender')}{_OWNER.format('receiver')}"
        f"<createdDateTime>{created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</createdDateTime>"
        f"{series}</Publication_MarketDocument>"
    ).encode()


def acknowledgement(code: str, text: str, *, created: datetime) -> bytes:
    """Return the document that replaces prices on errors and missing data."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Acknowledgement_MarketDocument xmlns="{_ACKNOWLEDGEMENT}">'
        f"<mRID>fedcba98-7654</mRID><createdDateTime>{created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</createdDateTime>"
        f"{_OWNER.format('sender')}{_OWNER.format('receiver')}"
        f"<Reason><code>{escape(code)}</code><text>{escape(text)}</text></Reason></Acknowledgement_MarketDocument>"
    ).encode()


def _series(number: int, domain: str, spec: SeriesSpec, keep_repeats: bool) -> str:  # noqa: FBT001
    position = "classificationSequence_AttributeInstanceComponent.position"
    sequence = "" if spec.sequence is None else f"<{position}>{spec.sequence}</{position}>"
    curve = "" if spec.curve is None else f"<curveType>{spec.curve}</curveType>"
    end = spec.start.astimezone(UTC) + len(spec.amounts) * timedelta(minutes=spec.minutes)
    return (
        f"<TimeSeries><mRID>{number}</mRID><auction.type>A01</auction.type><businessType>A62</businessType>"
        f'<in_Domain.mRID codingScheme="A01">{domain}</in_Domain.mRID>'
        f'<out_Domain.mRID codingScheme="A01">{domain}</out_Domain.mRID>'
        f"<contract_MarketAgreement.type>{spec.contract}</contract_MarketAgreement.type>"
        f"<currency_Unit.name>{spec.currency}</currency_Unit.name>"
        f"<price_Measure_Unit.name>{spec.unit}</price_Measure_Unit.name>{sequence}{curve}"
        f"<Period><timeInterval><start>{format_time(spec.start)}</start><end>{format_time(end)}</end></timeInterval>"
        f"<resolution>{spec.resolution or f'PT{spec.minutes}M'}</resolution>"
        f"{_points(spec, keep_repeats)}</Period></TimeSeries>"
    )


def _points(spec: SeriesSpec, keep_repeats: bool) -> str:  # noqa: FBT001
    points = []
    previous: float | None = None
    for position, amount in enumerate(spec.amounts, start=1):
        repeats = amount == previous and spec.curve == "A03" and not keep_repeats
        if amount is not None and not repeats:
            points.append(f"<Point><position>{position}</position><price.amount>{amount:.2f}</price.amount></Point>")
        previous = amount
    return "".join(points)
