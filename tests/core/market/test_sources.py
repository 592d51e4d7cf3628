"""Price sources over real sockets: ENTSO-E by the stand-in, and a public source."""

from datetime import timedelta
import json

import pytest

from custom_components.nattery.core.market import public_sources
from custom_components.nattery.core.market.bidding_zones import find_zone
from custom_components.nattery.core.market.errors import NotPublishedError, OtherAuctionError, UnauthorizedError
from custom_components.nattery.core.market.sources import entsoe_source, public_source

from .entsoe.stand_in import DAY, TODAY, query, stand_in

DAYS = [TODAY - timedelta(days=1), TODAY, DAY, DAY + timedelta(days=1)]
ENERGY_CHARTS, NORD_POOL = public_sources.PUBLIC_SOURCES


async def test_a_series_for_every_day_that_is_published() -> None:
    with stand_in() as server:
        series = await entsoe_source(query(server.url)).fetch(DAYS, "")
    assert [len(day_series) for day_series in series] == [96, 96, 96]
    assert {day_series.source for day_series in series} == {"entsoe"}
    assert [day_series.slots[0].start.date() for day_series in series] == [
        day - timedelta(days=1) for day in DAYS[:3]
    ]  # 23:00 UTC
    assert len(server.queries) == 1


@pytest.mark.parametrize(
    ("mode", "error"),
    [("not_published", NotPublishedError), ("only_second", OtherAuctionError), ("unauthorized", UnauthorizedError)],
)
async def test_a_source_without_prices_raises_the_reason(mode, error) -> None:
    with stand_in(mode=mode) as server, pytest.raises(error):
        await entsoe_source(query(server.url)).fetch(DAYS, "")


async def test_a_public_source_is_queried_in_the_currency_of_the_book() -> None:
    urls = []

    async def get(url):
        urls.append(url)
        body = {"market": "DayAhead", "currency": "SEK", "multiAreaEntries": [
            {"deliveryStart": f"2025-11-11T{hour:02}:00:00Z", "deliveryEnd": f"2025-11-11T{hour + 1:02}:00:00Z",
             "entryPerArea": {"SE3": 500 + hour}} for hour in range(23)
        ]}  # fmt: skip
        return 200, json.dumps(body).encode()

    source = public_source(NORD_POOL, find_zone("SE_3"), get)
    (series,) = await source.fetch([TODAY], "SEK")
    assert (series.currency, len(series), series.source) == ("SEK", 23, "nord_pool")
    assert "currency=SEK" in urls[0]
    await source.fetch([TODAY], "")
    assert "currency=SEK" in urls[1]  # the local currency while the book has none


def test_a_source_that_does_not_cover_the_zone() -> None:
    assert public_source(ENERGY_CHARTS, find_zone("IE_SEM"), None) is None
