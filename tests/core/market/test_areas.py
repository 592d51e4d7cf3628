from zoneinfo import ZoneInfo

from entsoe.mappings import Area
import pytest

from custom_components.nattery.core.market.bidding_zones import AREAS, UnknownBiddingZoneError, find, of_country
from custom_components.nattery.core.market.quality import PER_EURO

RENAMED = {"Europe/Kyiv": "Europe/Kiev"}


@pytest.mark.parametrize("area", AREAS.values(), ids=AREAS)
def test_codes_and_clocks_are_those_of_entsoe(area) -> None:
    theirs = Area[area.key]
    assert theirs.code == area.eic
    if area.key != "XK":  # theirs says Rome
        assert RENAMED.get(area.zone, area.zone) == theirs.tz
    assert ZoneInfo(area.zone) is area.tzinfo
    assert area.currency in PER_EURO
    assert all(len(country) == 2 and country.isupper() for country in area.countries)


def test_codes_are_unique() -> None:
    assert len({area.eic for area in AREAS.values()}) == len(AREAS)


@pytest.mark.parametrize("name", ["DE_LU", "de_lu", "DE-LU", "delu", "10Y1001A1001A82H"])
def test_an_area_is_found_by_its_names(name) -> None:
    assert find(name).key == "DE_LU"


def test_zones_with_numbers_are_found_without_the_line() -> None:
    assert find("SE3") is AREAS["SE_3"]


def test_an_unknown_area_is_told_what_is_allowed() -> None:
    with pytest.raises(UnknownBiddingZoneError, match=r"'ATLANTIS' is no area.*AT, BE"):
        find("ATLANTIS")


@pytest.mark.parametrize(
    ("country", "keys"), [("DE", ["DE_LU"]), ("lu", ["DE_LU"]), ("DK", ["DK_1", "DK_2"]), ("US", [])]
)
def test_the_areas_of_a_country(country, keys) -> None:
    assert [area.key for area in of_country(country)] == keys
