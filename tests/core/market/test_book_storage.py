import json

import pytest

from custom_components.nattery.core.market import book as book_module
from custom_components.nattery.core.market.book import BookError, PriceBook
from custom_components.nattery.core.market.fetch_log import Fetch

from .days import AUTUMN, BERLIN, PLAIN, SPRING, local, new_book, prices_of


def test_the_book_survives_json() -> None:
    book = new_book(
        prices_of(AUTUMN, source="energy_charts"),
        prices_of(AUTUMN, drop=(3, 4)),
        prices_of(SPRING, 30),
        prices_of(PLAIN),
    )
    book.log.add(Fetch(local(PLAIN, 13), "entsoe", "rate_limited", 2.5, 600.0))
    restored = PriceBook.from_dict(json.loads(json.dumps(book.to_dict())), BERLIN)
    assert restored.to_dict() == book.to_dict()
    assert restored.slots() == book.slots()
    assert restored.changes == book.changes
    assert restored.log == book.log
    for day in (AUTUMN, SPRING, PLAIN):
        assert restored.day(day) == book.day(day)


def test_sixty_days_of_quarter_hours_stay_small() -> None:
    assert len(json.dumps(new_book(prices_of(PLAIN, days=60)).to_dict())) < 100_000


def test_an_older_book_is_migrated_step_by_step(monkeypatch) -> None:
    """Each migration converts from one version to the next."""
    old = new_book(prices_of(PLAIN)).to_dict()
    assert old.pop("fetches") == []
    old["zone_name"] = old.pop("area")
    monkeypatch.setattr(
        book_module,
        "_MIGRATIONS",
        (
            lambda data: {**data, "fetches": []},
            lambda data: {**data, "area": data["zone_name"]},
        ),
    )
    book = PriceBook.from_dict(old, BERLIN)
    assert (book.area, book.to_dict()["version"]) == ("DE_LU", 3)
    assert book.day(PLAIN).complete


def damaged(**change):
    return {**new_book(prices_of(PLAIN)).to_dict(), **change}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({}, "no price book, or a damaged one"),
        (damaged(version=9), "A price book of version 9 is not allowed: versions up to 1 can be read"),
        (damaged(version="1"), "version '1' is not allowed"),
        (damaged(pages=[{}]), "damaged"),
        (damaged(pages=[{**damaged()["pages"][0], "prices": [None]}]), "a day without prices"),
        (damaged(pages=[{**damaged()["pages"][0], "prices": ["x"]}]), "damaged"),
        (damaged(pages=[{**damaged()["pages"][0], "minutes": -15}]), "damaged"),
        (damaged(changes=[{"kind": "?"}]), "damaged"),
        (damaged(fetches=[{"at": "yesterday"}]), "damaged"),
    ],
)
def test_a_damaged_book_raises_book_error(data, text) -> None:
    with pytest.raises(BookError, match=text):
        PriceBook.from_dict(data, BERLIN)
