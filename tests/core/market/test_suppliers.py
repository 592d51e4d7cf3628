"""Suppliers over real sockets: ENTSO-E by the stand-in, a public source by a server of this machine."""

from datetime import timedelta
import json

import pytest

from custom_components.nattery.core.market import public_sources
from custom_components.nattery.core.market.bidding_zones import find
from custom_components.nattery.core.market.errors import NotPublishedError, OtherAuctionError, UnauthorizedError
from custom_components.nattery.core.market.sources import entsoe, public

from .stand_in import DAY, TODAY, question, stand_in

DAYS = [TODAY - timedelta(days=1), TODAY, DAY, DAY + timedelta(days=1)]
ENERGY_CHARTS, NORD_POOL = public_sources.SOURCES


async def test_a_series_for_every_day_that_is_published() -> None:
    with stand_in() as server:
        series = await entsoe(question(server.url)).ask(DAYS, "")
    assert [len(one) for one in series] == [96, 96, 96]
    assert {one.source for one in series} == {"entsoe"}
    assert [one.slots[0].start.date() for one in series] == [day - timedelta(days=1) for day in DAYS[:3]]  # 23:00 UTC
    assert len(server.queries) == 1


@pytest.mark.parametrize(
    ("mode", "error"),
    [("not_published", NotPublishedError), ("only_second", OtherAuctionError), ("unauthorized", UnauthorizedError)],
)
async def test_nothing_at_all_says_why(mode, error) -> None:
    with stand_in(mode=mode) as server, pytest.raises(error):
        await entsoe(question(server.url)).ask(DAYS, "")


async def test_a_public_source_is_asked_in_the_currency_of_the_book() -> None:
    asked = []

    async def get(url):
        asked.append(url)
        body = {"market": "DayAhead", "currency": "SEK", "multiAreaEntries": [
            {"deliveryStart": f"2025-11-11T{hour:02}:00:00Z", "deliveryEnd": f"2025-11-11T{hour + 1:02}:00:00Z",
             "entryPerArea": {"SE3": 500 + hour}} for hour in range(23)
        ]}  # fmt: skip
        return 200, json.dumps(body).encode()

    supplier = public(NORD_POOL, find("SE_3"), get)
    (series,) = await supplier.ask([TODAY], "SEK")
    assert (series.currency, len(series), series.source) == ("SEK", 23, "nord_pool")
    assert "currency=SEK" in asked[0]
    await supplier.ask([TODAY], "")
    assert "currency=SEK" in asked[1]  # the people's own where the book has none yet


def test_a_source_that_does_not_know_the_area() -> None:
    assert public(ENERGY_CHARTS, find("IE_SEM"), None) is None
