"""The bidding zones whose day-ahead prices ENTSO-E publishes: codes, clocks, currencies, countries."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

MARKET_ZONE = "Europe/Brussels"  # the coupled day-ahead auction sells days of this clock, in every area


@dataclass(frozen=True, slots=True)
class BiddingZone:
    """One bidding zone.

    `key` is what users and files call it, `eic` ENTSO-E's code, `zone` the people's clock, `currency` their money
    (prices come in it or in EUR: the document says which), `countries` the ISO 3166 codes of who lives there.
    """

    key: str
    eic: str
    name: str
    zone: str
    currency: str
    countries: tuple[str, ...]

    @property
    def tzinfo(self) -> ZoneInfo:
        """The people's clock. The first use of a zone reads a file."""
        return ZoneInfo(self.zone)

    @property
    def currencies(self) -> frozenset[str]:
        """The currencies in which prices of this area may be expected."""
        return frozenset({self.currency, "EUR"})


def _area(key: str, eic: str, name: str, city: str, currency: str, *countries: str) -> BiddingZone:
    return BiddingZone(key, eic, name, city if "/" in city else f"Europe/{city}", currency, countries or (key[:2],))


# fmt: off
AREAS: dict[str, BiddingZone] = {area.key: area for area in (
    _area("AL", "10YAL-KESH-----5", "Albania", "Tirane", "ALL"),
    _area("AT", "10YAT-APG------L", "Austria", "Vienna", "EUR"),
    _area("BE", "10YBE----------2", "Belgium", "Brussels", "EUR"),
    _area("BG", "10YCA-BULGARIA-R", "Bulgaria", "Sofia", "EUR"),
    _area("CH", "10YCH-SWISSGRIDZ", "Switzerland", "Zurich", "CHF"),
    _area("CY", "10YCY-1001A0003J", "Cyprus", "Asia/Nicosia", "EUR"),
    _area("CZ", "10YCZ-CEPS-----N", "Czechia", "Prague", "CZK"),
    _area("DE_LU", "10Y1001A1001A82H", "Germany and Luxembourg", "Berlin", "EUR", "DE", "LU"),
    _area("DK_1", "10YDK-1--------W", "Denmark, west", "Copenhagen", "DKK"),
    _area("DK_2", "10YDK-2--------M", "Denmark, east", "Copenhagen", "DKK"),
    _area("EE", "10Y1001A1001A39I", "Estonia", "Tallinn", "EUR"),
    _area("ES", "10YES-REE------0", "Spain", "Madrid", "EUR"),
    _area("FI", "10YFI-1--------U", "Finland", "Helsinki", "EUR"),
    _area("FR", "10YFR-RTE------C", "France", "Paris", "EUR"),
    _area("GR", "10YGR-HTSO-----Y", "Greece", "Athens", "EUR"),
    _area("HR", "10YHR-HEP------M", "Croatia", "Zagreb", "EUR"),
    _area("HU", "10YHU-MAVIR----U", "Hungary", "Budapest", "HUF"),
    _area("IE_SEM", "10Y1001A1001A59C", "Ireland and Northern Ireland", "Dublin", "EUR"),
    _area("IT_CALA", "10Y1001C--00096J", "Italy, Calabria", "Rome", "EUR"),
    _area("IT_CNOR", "10Y1001A1001A70O", "Italy, centre north", "Rome", "EUR"),
    _area("IT_CSUD", "10Y1001A1001A71M", "Italy, centre south", "Rome", "EUR"),
    _area("IT_NORD", "10Y1001A1001A73I", "Italy, north", "Rome", "EUR"),
    _area("IT_SARD", "10Y1001A1001A74G", "Italy, Sardinia", "Rome", "EUR"),
    _area("IT_SICI", "10Y1001A1001A75E", "Italy, Sicily", "Rome", "EUR"),
    _area("IT_SUD", "10Y1001A1001A788", "Italy, south", "Rome", "EUR"),
    _area("LT", "10YLT-1001A0008Q", "Lithuania", "Vilnius", "EUR"),
    _area("LV", "10YLV-1001A00074", "Latvia", "Riga", "EUR"),
    _area("MD", "10Y1001A1001A990", "Moldova", "Chisinau", "MDL"),
    _area("ME", "10YCS-CG-TSO---S", "Montenegro", "Podgorica", "EUR"),
    _area("MK", "10YMK-MEPSO----8", "North Macedonia", "Skopje", "MKD"),
    _area("NL", "10YNL----------L", "Netherlands", "Amsterdam", "EUR"),
    _area("NO_1", "10YNO-1--------2", "Norway, Oslo", "Oslo", "NOK"),
    _area("NO_2", "10YNO-2--------T", "Norway, Kristiansand", "Oslo", "NOK"),
    _area("NO_3", "10YNO-3--------J", "Norway, Trondheim", "Oslo", "NOK"),
    _area("NO_4", "10YNO-4--------9", "Norway, Tromsø", "Oslo", "NOK"),
    _area("NO_5", "10Y1001A1001A48H", "Norway, Bergen", "Oslo", "NOK"),
    _area("PL", "10YPL-AREA-----S", "Poland", "Warsaw", "PLN"),
    _area("PT", "10YPT-REN------W", "Portugal", "Lisbon", "EUR"),
    _area("RO", "10YRO-TEL------P", "Romania", "Bucharest", "RON"),
    _area("RS", "10YCS-SERBIATSOV", "Serbia", "Belgrade", "RSD"),
    _area("SE_1", "10Y1001A1001A44P", "Sweden, Luleå", "Stockholm", "SEK"),
    _area("SE_2", "10Y1001A1001A45N", "Sweden, Sundsvall", "Stockholm", "SEK"),
    _area("SE_3", "10Y1001A1001A46L", "Sweden, Stockholm", "Stockholm", "SEK"),
    _area("SE_4", "10Y1001A1001A47J", "Sweden, Malmö", "Stockholm", "SEK"),
    _area("SI", "10YSI-ELES-----O", "Slovenia", "Ljubljana", "EUR"),
    _area("SK", "10YSK-SEPS-----K", "Slovakia", "Bratislava", "EUR"),
    _area("UA_IPS", "10Y1001C--000182", "Ukraine", "Kyiv", "UAH"),
    _area("XK", "10Y1001C--00100H", "Kosovo", "Belgrade", "EUR"),
)}
# fmt: on

_NAMES = {area.key.replace("_", ""): area for area in AREAS.values()} | {area.eic: area for area in AREAS.values()}


class UnknownBiddingZoneError(ValueError):
    """No such area; the text names those that there are."""

    def __init__(self, name: str) -> None:
        """Keep what was asked for."""
        self.name = name
        super().__init__(f"{name!r} is no area with day-ahead prices: allowed are {', '.join(AREAS)}")


def find(name: str) -> BiddingZone:
    """The area of a key (DE_LU, de-lu, DK1) or of ENTSO-E's code; raises UnknownAreaError."""
    area = _NAMES.get(name) or _NAMES.get(name.upper().replace("_", "").replace("-", ""))
    if area is None:
        raise UnknownBiddingZoneError(name)
    return area


def of_country(country: str) -> tuple[BiddingZone, ...]:
    """The areas of a country by its ISO 3166 code; none for a country without day-ahead prices."""
    return tuple(area for area in AREAS.values() if country.upper() in area.countries)
