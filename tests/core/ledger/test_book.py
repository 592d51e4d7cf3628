from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
import math
from pathlib import Path

import pytest

from custom_components.nattery.core.explanation import Explanation
from custom_components.nattery.core.ledger.book import Ledger
from custom_components.nattery.core.ledger.entry import QUARTER
from custom_components.nattery.core.ledger.errors import LedgerError
from custom_components.nattery.core.ledger.old_reasons import current_reason
from custom_components.nattery.core.ledger.pricing import priced

from .lines import BATTERY, HOME, PRICES, START, as_booked, line, lines

END = START + timedelta(days=400)


def test_what_is_written_is_read(ledger) -> None:
    written = lines(10)
    written[3] = as_booked(line(written[3].start, prices=None))
    written[4] = replace(written[4], action=None, reason=None, expected=None)
    written[5] = replace(written[5], prices=replace(written[5].prices, spot_price=None))
    ledger.write(HOME, written)
    assert ledger.read(HOME, START, END) == tuple(written)
    assert ledger.read(HOME, START + QUARTER, START + 3 * QUARTER) == tuple(written[1:3])
    assert ledger.read(HOME, START + QUARTER / 3, START + QUARTER) == ()
    assert ledger.read(HOME, START, START + QUARTER / 3) == (written[0],)


def test_the_book_is_there_when_it_is_opened_again(place) -> None:
    Ledger(place).write(HOME, lines(3))
    assert Ledger(place).read(HOME, START, END) == tuple(lines(3))


def test_writing_twice_is_writing_once_and_the_last_word_counts(ledger) -> None:
    ledger.write(HOME, lines(5))
    ledger.write(HOME, lines(5))
    assert ledger.read(HOME, START, END) == tuple(lines(5))
    ledger.write(HOME, lines(5, seed=2))
    assert ledger.read(HOME, START, END) == tuple(lines(5, seed=2))
    ledger.write(HOME, lines(1, seed=3) + lines(1, seed=4))
    assert ledger.read(HOME, START, START + QUARTER) == tuple(lines(1, seed=4))


def test_what_a_restart_left_of_a_quarter_never_takes_the_place_of_the_whole(ledger) -> None:
    whole, part = (as_booked(line(coverage=share, load_kwh=share)) for share in (1.0, 0.25))
    ledger.write(HOME, [part])
    ledger.write(HOME, [whole])
    ledger.write(HOME, [part])
    assert ledger.read(HOME, START, END) == (whole,)


def test_sites_do_not_mix(ledger) -> None:
    ledger.write(HOME, lines(3))
    ledger.write("the 'other' = 100 % house", lines(2, seed=9))
    assert ledger.read(HOME, START, END) == tuple(lines(3))
    assert ledger.read("the 'other' = 100 % house", START, END) == tuple(lines(2, seed=9))
    assert ledger.read("nobody's", START, END) == ()
    assert ledger.previous("nobody's", END) is None


def test_a_batch_is_booked_whole_or_not_at_all(ledger) -> None:
    first, second = lines(2)
    broken = replace(second, energies=replace(second.energies, load_kwh=math.nan))
    with pytest.raises(LedgerError, match="a value of nan cannot be booked"):
        ledger.write(HOME, [first, broken])
    assert ledger.read(HOME, START, END) == ()
    huge = replace(second, energies=replace(second.energies, load_kwh=1e9))
    with pytest.raises(LedgerError, match=r"a value of 1e\+09 cannot be booked"):
        ledger.write(HOME, [first, huge])
    assert ledger.read(HOME, START, END) == ()
    ledger.write(HOME, [])


def test_a_value_that_is_not_finite_is_left_out_of_a_reason(ledger) -> None:
    (written,) = lines(1)
    written = replace(written, reason=Explanation("plan_recover", {"power_kw": 1.5, "price": math.inf}))
    ledger.write(HOME, [written])
    assert [one.reason for one in ledger.read(HOME, START, END)] == [Explanation("plan_recover", {"power_kw": 1.5})]


def test_reasons_are_stored_with_their_times_and_their_errors(ledger) -> None:
    error = Explanation("mismatch", {"register": "ChgCurrByLineSet", "wanted": "10", "found": "0"})
    values = {"until": START, "detail": error, "settings": ("timed_charge", "charge_window_1"), "undone": True}
    (written,) = lines(1)
    written = replace(written, reason=Explanation("control_write_failed", values))
    ledger.write(HOME, [written])
    assert ledger.read(HOME, START, END) == (written,)


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        (
            ["charge", {"worth": 0.3, "burden": 0.04, "turns_at": 0.26, "used_at": START.isoformat(), "undone": True}],
            Explanation(
                "plan_charge",
                {"marginal_value": 0.3, "losses_and_wear": 0.04, "break_even_price": 0.26, "used_at": START}
                | {"undone": True},
            ),
        ),
        (
            ["keep_later", {"price": 0.2, "worth": 0.3}],
            Explanation("plan_keep_gain", {"price": 0.2, "marginal_value": 0.3}),
        ),
        (["override", {"until": START.isoformat()}], Explanation("control_override", {"until": START})),
        (
            ["write_failed", {"detail": "The line is down"}],
            Explanation("control_write_failed", {"detail": "The line is down"}),
        ),
        (["of_another_age", {"price": 1}], Explanation("of_another_age", {"price": 1})),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_reasons_of_earlier_versions_have_the_names_of_today(stored, reason) -> None:
    assert current_reason(*stored) == reason


def test_the_next_line_goes_on_from_the_previous_one(ledger) -> None:
    written = lines(5)
    ledger.write(HOME, reversed(written))
    assert ledger.previous(HOME, END) == written[-1]
    assert ledger.previous(HOME, written[2].start) == written[1]
    assert ledger.previous(HOME, START) is None


def test_quarters_without_prices_or_at_others_than_the_markets_are_found_and_priced(ledger) -> None:
    market = replace(PRICES, spot_price=0.0951)
    spots = {START + number * QUARTER: market.spot_price for number in range(6)}
    others = (
        market,
        None,  # nobody knew it
        replace(market, spot_price=market.spot_price + 2e-6),
        replace(market, spot_price=None),
        replace(market, currency="SEK"),
        replace(market, import_price=0.5, spot_price=market.spot_price + 1e-6),  # a tariff of its own, and rounding
    )
    written = [as_booked(line(start, prices=one, load_kwh=1.0)) for start, one in zip(spots, others, strict=True)]
    ledger.write(HOME, [*written, as_booked(line(START + 6 * QUARTER, prices=None))])
    assert ledger.mispriced(HOME, "EUR", spots) == tuple(written[1:5])
    assert ledger.mispriced(HOME, "EUR", dict([*spots.items()][2:3])) == (written[2],)
    assert ledger.mispriced(HOME, "EUR", {}) == ledger.mispriced("nobody's", "EUR", spots) == ()
    ledger.write(HOME, [priced(one, market, BATTERY.wear_per_kwh) for one in written[1:5]])
    assert ledger.mispriced(HOME, "EUR", spots) == ()
    assert [one.money.no_battery for one in ledger.read(HOME, START, END)[1:5]] == [market.import_price] * 4


def test_many_threads_write_and_read_at_once(ledger, place) -> None:
    written = lines(80)
    other = Ledger(place)
    with ThreadPoolExecutor(8) as pool:
        writes = [pool.submit((ledger, other)[n % 2].write, f"site {n % 3}", [one]) for n, one in enumerate(written)]
        reads = [pool.submit(ledger.read, "site 0", START, END) for _ in range(20)]
        for future in (*writes, *reads):
            future.result()
    assert [ledger.read(f"site {n}", START, END) for n in range(3)] == [tuple(written[n::3]) for n in range(3)]


def test_many_may_open_a_new_ledger_at_once(place) -> None:
    with ThreadPoolExecutor(8) as pool:
        ledgers = list(pool.map(Ledger, [place] * 8))
    ledgers[0].write(HOME, lines(1))
    assert ledgers[7].read(HOME, START, END) == tuple(lines(1))


def test_between_calls_sqlite_is_one_whole_file(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.write(HOME, lines(3))
    ledger.read(HOME, START, END)
    # The files beside it go when the last connection does.
    assert [one.name for one in tmp_path.iterdir()] == ["ledger.db"]


def test_sqlite_waits_for_the_disk_at_every_commit(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db")

    def pragma(connection):
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]

    assert ledger._run(pragma) == ["wal", 2]


def test_a_path_may_have_any_name_and_a_url_opens_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "my ledger? 100%.db"
    Ledger(path).write(HOME, lines(1))
    plain = tmp_path / "plain.db"
    Ledger(f"sqlite:///{plain}").write(HOME, lines(2))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["my ledger? 100%.db", "plain.db"]
    assert len(Ledger(plain).read(HOME, START, END)) == 2
