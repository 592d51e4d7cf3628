"""The bidding zones whose day-ahead prices ENTSO-E publishes: EIC codes, time zones, currencies and countries."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

# The coupled day-ahead auction sells days in this time zone, in every bidding zone.
MARKET_ZONE = "Europe/Brussels"


@dataclass(frozen=True, slots=True)
class BiddingZone:
    """One bidding zone.

    `key` is the name in settings and files (DE_LU), `eic` the EIC code, `time_zone` the IANA time zone, `currency` the
    local currency, `countries` the ISO 3166 codes of the countries in it. ENTSO-E publishes prices either in the local
    currency or in EUR; each document states which.
    """

    key: str
    eic: str
    name: str
    time_zone: str
    currency: str
    countries: tuple[str, ...]

    @property
    def tzinfo(self) -> ZoneInfo:
        """Return the time zone. The first use of a time zone reads a file."""
        return ZoneInfo(self.time_zone)

    @property
    def currencies(self) -> frozenset[str]:
        """Return the currencies in which prices of this bidding zone may be published."""
        return frozenset({self.currency, "EUR"})


def _zone(key: str, eic: str, name: str, location: str, currency: str, *countries: str) -> BiddingZone:
    return BiddingZone(
        key, eic, name, location if "/" in location else f"Europe/{location}", currency, countries or (key[:2],)
    )


# fmt: off
BIDDING_ZONES: dict[str, BiddingZone] = {area.key: area for area in (
    _zone("AL", "10YAL-KESH-----5", "Albania", "Tirane", "ALL"),
    _zone("AT", "10YAT-APG------L", "Austria", "Vienna", "EUR"),
    _zone("BE", "10YBE----------2", "Belgium", "Brussels", "EUR"),
    _zone("BG", "10YCA-BULGARIA-R", "Bulgaria", "Sofia", "EUR"),
    _zone("CH", "10YCH-SWISSGRIDZ", "Switzerland", "Zurich", "CHF"),
    _zone("CY", "10YCY-1001A0003J", "Cyprus", "Asia/Nicosia", "EUR"),
    _zone("CZ", "10YCZ-CEPS-----N", "Czechia", "Prague", "CZK"),
    _zone("DE_LU", "10Y1001A1001A82H", "Germany and Luxembourg", "Berlin", "EUR", "DE", "LU"),
    _zone("DK_1", "10YDK-1--------W", "Denmark, west", "Copenhagen", "DKK"),
    _zone("DK_2", "10YDK-2--------M", "Denmark, east", "Copenhagen", "DKK"),
    _zone("EE", "10Y1001A1001A39I", "Estonia", "Tallinn", "EUR"),
    _zone("ES", "10YES-REE------0", "Spain", "Madrid", "EUR"),
    _zone("FI", "10YFI-1--------U", "Finland", "Helsinki", "EUR"),
    _zone("FR", "10YFR-RTE------C", "France", "Paris", "EUR"),
    _zone("GR", "10YGR-HTSO-----Y", "Greece", "Athens", "EUR"),
    _zone("HR", "10YHR-HEP------M", "Croatia", "Zagreb", "EUR"),
    _zone("HU", "10YHU-MAVIR----U", "Hungary", "Budapest", "HUF"),
    _zone("IE_SEM", "10Y1001A1001A59C", "Ireland and Northern Ireland", "Dublin", "EUR"),
    _zone("IT_CALA", "10Y1001C--00096J", "Italy, Calabria", "Rome", "EUR"),
    _zone("IT_CNOR", "10Y1001A1001A70O", "Italy, centre north", "Rome", "EUR"),
    _zone("IT_CSUD", "10Y1001A1001A71M", "Italy, centre south", "Rome", "EUR"),
    _zone("IT_NORD", "10Y1001A1001A73I", "Italy, north", "Rome", "EUR"),
    _zone("IT_SARD", "10Y1001A1001A74G", "Italy, Sardinia", "Rome", "EUR"),
    _zone("IT_SICI", "10Y1001A1001A75E", "Italy, Sicily", "Rome", "EUR"),
    _zone("IT_SUD", "10Y1001A1001A788", "Italy, south", "Rome", "EUR"),
    _zone("LT", "10YLT-1001A0008Q", "Lithuania", "Vilnius", "EUR"),
    _zone("LV", "10YLV-1001A00074", "Latvia", "Riga", "EUR"),
    _zone("MD", "10Y1001A1001A990", "Moldova", "Chisinau", "MDL"),
    _zone("ME", "10YCS-CG-TSO---S", "Montenegro", "Podgorica", "EUR"),
    _zone("MK", "10YMK-MEPSO----8", "North Macedonia", "Skopje", "MKD"),
    _zone("NL", "10YNL----------L", "Netherlands", "Amsterdam", "EUR"),
    _zone("NO_1", "10YNO-1--------2", "Norway, Oslo", "Oslo", "NOK"),
    _zone("NO_2", "10YNO-2--------T", "Norway, Kristiansand", "Oslo", "NOK"),
    _zone("NO_3", "10YNO-3--------J", "Norway, Trondheim", "Oslo", "NOK"),
    _zone("NO_4", "10YNO-4--------9", "Norway, Tromsø", "Oslo", "NOK"),
    _zone("NO_5", "10Y1001A1001A48H", "Norway, Bergen", "Oslo", "NOK"),
    _zone("PL", "10YPL-AREA-----S", "Poland", "Warsaw", "PLN"),
    _zone("PT", "10YPT-REN------W", "Portugal", "Lisbon", "EUR"),
    _zone("RO", "10YRO-TEL------P", "Romania", "Bucharest", "RON"),
    _zone("RS", "10YCS-SERBIATSOV", "Serbia", "Belgrade", "RSD"),
    _zone("SE_1", "10Y1001A1001A44P", "Sweden, Luleå", "Stockholm", "SEK"),
    _zone("SE_2", "10Y1001A1001A45N", "Sweden, Sundsvall", "Stockholm", "SEK"),
    _zone("SE_3", "10Y1001A1001A46L", "Sweden, Stockholm", "Stockholm", "SEK"),
    _zone("SE_4", "10Y1001A1001A47J", "Sweden, Malmö", "Stockholm", "SEK"),
    _zone("SI", "10YSI-ELES-----O", "Slovenia", "Ljubljana", "EUR"),
    _zone("SK", "10YSK-SEPS-----K", "Slovakia", "Bratislava", "EUR"),
    _zone("UA_IPS", "10Y1001C--000182", "Ukraine", "Kyiv", "UAH"),
    _zone("XK", "10Y1001C--00100H", "Kosovo", "Belgrade", "EUR"),
)}
# fmt: on

_BY_NAME = {area.key.replace("_", ""): area for area in BIDDING_ZONES.values()} | {
    area.eic: area for area in BIDDING_ZONES.values()
}


class UnknownBiddingZoneError(ValueError):
    """There is no bidding zone of this name; the message lists those that exist."""

    def __init__(self, name: str) -> None:
        """Keep the unknown name."""
        self.name = name
        super().__init__(f"{name!r} is no area with day-ahead prices: allowed are {', '.join(BIDDING_ZONES)}")


def find_zone(name: str) -> BiddingZone:
    """Return the bidding zone for a key (DE_LU, de-lu, DK1) or an EIC code; raise UnknownBiddingZoneError."""
    area = _BY_NAME.get(name) or _BY_NAME.get(name.upper().replace("_", "").replace("-", ""))
    if area is None:
        raise UnknownBiddingZoneError(name)
    return area


def zones_of_country(country: str) -> tuple[BiddingZone, ...]:
    """Return the bidding zones of a country (ISO 3166 code); empty for a country without day-ahead prices."""
    return tuple(area for area in BIDDING_ZONES.values() if country.upper() in area.countries)
