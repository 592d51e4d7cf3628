import json
import os

import pytest

from custom_components.nattery.core.market import book as book_module
from custom_components.nattery.core.market.book import BookError, PriceBook
from custom_components.nattery.core.market.fetch_log import Fetch, FetchLog
from custom_components.nattery.core.market.store import FileStore

from .days import AUTUMN, BERLIN, HOUR, PLAIN, SPRING, local, new_book, prices_of


def test_the_book_survives_json() -> None:
    book = new_book(
        prices_of(AUTUMN, source="energy_charts"),
        prices_of(AUTUMN, drop=(3, 4)),
        prices_of(SPRING, 30),
        prices_of(PLAIN),
    )
    book.log.note(Fetch(local(PLAIN, 13), "entsoe", "rate_limited", 2.5, 600.0))
    again = PriceBook.from_dict(json.loads(json.dumps(book.to_dict())), BERLIN)
    assert again.to_dict() == book.to_dict()
    assert again.slots() == book.slots()
    assert again.changes == book.changes
    assert again.log == book.log
    for day in (AUTUMN, SPRING, PLAIN):
        assert again.day(day) == book.day(day)


def test_sixty_days_of_quarters_stay_small() -> None:
    assert len(json.dumps(new_book(prices_of(PLAIN, days=60)).to_dict())) < 100_000


def test_an_older_book_is_migrated_step_by_step(monkeypatch) -> None:
    """As it will be with versions to come: each step knows only its neighbour."""
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
        (damaged(pages=[{**damaged()["pages"][0], "prices": [None]}]), "a page without prices"),
        (damaged(pages=[{**damaged()["pages"][0], "prices": ["x"]}]), "damaged"),
        (damaged(pages=[{**damaged()["pages"][0], "minutes": -15}]), "damaged"),
        (damaged(changes=[{"kind": "?"}]), "damaged"),
        (damaged(fetches=[{"at": "yesterday"}]), "damaged"),
    ],
)
def test_a_damaged_book_is_refused_in_a_sentence(data, text) -> None:
    with pytest.raises(BookError, match=text):
        PriceBook.from_dict(data, BERLIN)


def test_the_file_is_whole_or_not_there(tmp_path, monkeypatch) -> None:
    store = FileStore(tmp_path / "deep" / "prices.json")
    assert store.load("DE_LU", BERLIN).slots() == ()
    store.save(new_book(prices_of(PLAIN)))
    assert store.load("DE_LU", BERLIN).slots() == prices_of(PLAIN).slots
    assert store.load("FR", BERLIN).slots() == ()
    with store.path.open() as reader:  # whoever has begun to read the old file can finish
        store.save(new_book(prices_of(PLAIN)))
        assert json.load(reader)["area"] == "DE_LU"
        assert os.fstat(reader.fileno()).st_ino != store.path.stat().st_ino

    def disk_full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", disk_full)
    with pytest.raises(BookError, match=r"prices.json cannot be written: .*No space left"):
        store.save(new_book(prices_of(PLAIN, days=2)))
    assert store.load("DE_LU", BERLIN).slots() == prices_of(PLAIN).slots
    assert [path.name for path in store.path.parent.iterdir()] == ["prices.json"]
    for text in ("{", "[]", "{}"):
        store.path.write_text(text)
        with pytest.raises(BookError):
            store.load("DE_LU", BERLIN)


def test_the_log_of_fetches_knows_rates_and_forgets() -> None:
    log, now = FetchLog(), local(PLAIN, 12)
    assert log.success_rate("entsoe", now) is None
    for hours, outcome in ((30, "timed_out"), (3, "ok"), (2, "server_trouble"), (1, "not_published")):
        log.note(Fetch(now - hours * HOUR, "entsoe", outcome))
    log.note(Fetch(now, "nord_pool", "unreachable"))
    assert log.success_rate("entsoe", now) == pytest.approx(2 / 3)
    assert log.last("entsoe").outcome == "not_published"
    assert log.last_ok("entsoe").at == now - 3 * HOUR
    assert log.last_ok("nord_pool") is None
    for _ in range(500):
        log.note(Fetch(now, "entsoe"))
    assert len(log.fetches) == 200
