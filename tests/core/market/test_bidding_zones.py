from zoneinfo import ZoneInfo

from entsoe.mappings import Area
import pytest

from custom_components.nattery.core.market.bidding_zones import (
    BIDDING_ZONES,
    UnknownBiddingZoneError,
    find_zone,
    zones_of_country,
)
from custom_components.nattery.core.market.quality import PER_EURO

RENAMED = {"Europe/Kyiv": "Europe/Kiev"}


@pytest.mark.parametrize("area", BIDDING_ZONES.values(), ids=BIDDING_ZONES)
def test_codes_and_time_zones_match_entsoe_py(area) -> None:
    library_area = Area[area.key]
    assert library_area.code == area.eic
    if area.key != "XK":  # entsoe-py has Rome
        assert RENAMED.get(area.time_zone, area.time_zone) == library_area.tz
    assert ZoneInfo(area.time_zone) is area.tzinfo
    assert area.currency in PER_EURO
    assert all(len(country) == 2 and country.isupper() for country in area.countries)


def test_codes_are_unique() -> None:
    assert len({area.eic for area in BIDDING_ZONES.values()}) == len(BIDDING_ZONES)


@pytest.mark.parametrize("name", ["DE_LU", "de_lu", "DE-LU", "delu", "10Y1001A1001A82H"])
def test_find_zone_accepts_key_and_eic_code(name) -> None:
    assert find_zone(name).key == "DE_LU"


def test_find_zone_accepts_numbered_zones_without_underscore() -> None:
    assert find_zone("SE3") is BIDDING_ZONES["SE_3"]


def test_an_unknown_zone_lists_the_allowed_ones() -> None:
    with pytest.raises(UnknownBiddingZoneError, match=r"'ATLANTIS' is no area.*AT, BE"):
        find_zone("ATLANTIS")


@pytest.mark.parametrize(
    ("country", "keys"), [("DE", ["DE_LU"]), ("lu", ["DE_LU"]), ("DK", ["DK_1", "DK_2"]), ("US", [])]
)
def test_zones_of_a_country(country, keys) -> None:
    assert [area.key for area in zones_of_country(country)] == keys
