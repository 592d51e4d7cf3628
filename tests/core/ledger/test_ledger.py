from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
import math
from pathlib import Path

import pytest

from custom_components.nattery.core.explanation import Explanation
from custom_components.nattery.core.ledger.entry import QUARTER
from custom_components.nattery.core.ledger.errors import LedgerError
from custom_components.nattery.core.ledger.ledger import Ledger
from custom_components.nattery.core.ledger.old_reasons import current_reason
from custom_components.nattery.core.ledger.pricing import with_prices

from .entries import BATTERY, HOME, PRICES, START, as_stored, make_entries, make_entry

END = START + timedelta(days=400)


def test_entries_are_read_as_written(ledger) -> None:
    written = make_entries(10)
    written[3] = as_stored(make_entry(written[3].start, prices=None))
    written[4] = replace(written[4], action=None, reason=None, expected=None)
    written[5] = replace(written[5], prices=replace(written[5].prices, spot_price=None))
    ledger.write(HOME, written)
    assert ledger.read(HOME, START, END) == tuple(written)
    assert ledger.read(HOME, START + QUARTER, START + 3 * QUARTER) == tuple(written[1:3])
    assert ledger.read(HOME, START + QUARTER / 3, START + QUARTER) == ()
    assert ledger.read(HOME, START, START + QUARTER / 3) == (written[0],)


def test_entries_are_kept_when_the_ledger_is_reopened(place) -> None:
    Ledger(place).write(HOME, make_entries(3))
    assert Ledger(place).read(HOME, START, END) == tuple(make_entries(3))


def test_writing_an_entry_again_replaces_it(ledger) -> None:
    ledger.write(HOME, make_entries(5))
    ledger.write(HOME, make_entries(5))
    assert ledger.read(HOME, START, END) == tuple(make_entries(5))
    ledger.write(HOME, make_entries(5, seed=2))
    assert ledger.read(HOME, START, END) == tuple(make_entries(5, seed=2))
    ledger.write(HOME, make_entries(1, seed=3) + make_entries(1, seed=4))
    assert ledger.read(HOME, START, START + QUARTER) == tuple(make_entries(1, seed=4))


def test_an_entry_with_less_coverage_does_not_replace_one_with_more(ledger) -> None:
    whole, part = (as_stored(make_entry(coverage=share, load_kwh=share)) for share in (1.0, 0.25))
    ledger.write(HOME, [part])
    ledger.write(HOME, [whole])
    ledger.write(HOME, [part])
    assert ledger.read(HOME, START, END) == (whole,)


def test_sites_are_separate(ledger) -> None:
    ledger.write(HOME, make_entries(3))
    ledger.write("the 'other' = 100 % house", make_entries(2, seed=9))
    assert ledger.read(HOME, START, END) == tuple(make_entries(3))
    assert ledger.read("the 'other' = 100 % house", START, END) == tuple(make_entries(2, seed=9))
    assert ledger.read("unknown", START, END) == ()
    assert ledger.previous("unknown", END) is None


def test_a_batch_is_written_completely_or_not_at_all(ledger) -> None:
    first, second = make_entries(2)
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
    (written,) = make_entries(1)
    written = replace(written, reason=Explanation("plan_recover", {"power_kw": 1.5, "price": math.inf}))
    ledger.write(HOME, [written])
    assert [one.reason for one in ledger.read(HOME, START, END)] == [Explanation("plan_recover", {"power_kw": 1.5})]


def test_reasons_are_stored_with_their_times_and_their_errors(ledger) -> None:
    error = Explanation("mismatch", {"register": "ChgCurrByLineSet", "wanted": "10", "found": "0"})
    values = {"until": START, "detail": error, "settings": ("timed_charge", "charge_window_1"), "undone": True}
    (written,) = make_entries(1)
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


def test_the_next_entry_continues_from_the_previous_one(ledger) -> None:
    written = make_entries(5)
    ledger.write(HOME, reversed(written))
    assert ledger.previous(HOME, END) == written[-1]
    assert ledger.previous(HOME, written[2].start) == written[1]
    assert ledger.previous(HOME, START) is None


def test_mispriced_entries_are_found_and_corrected(ledger) -> None:
    market = replace(PRICES, spot_price=0.0951)
    spots = {START + number * QUARTER: market.spot_price for number in range(6)}
    others = (
        market,
        None,  # without a price
        replace(market, spot_price=market.spot_price + 2e-6),
        replace(market, spot_price=None),
        replace(market, currency="SEK"),
        replace(market, import_price=0.5, spot_price=market.spot_price + 1e-6),  # another tariff, and a rounding error
    )
    written = [as_stored(make_entry(start, prices=one, load_kwh=1.0)) for start, one in zip(spots, others, strict=True)]
    ledger.write(HOME, [*written, as_stored(make_entry(START + 6 * QUARTER, prices=None))])
    assert ledger.mispriced(HOME, "EUR", spots) == tuple(written[1:5])
    assert ledger.mispriced(HOME, "EUR", dict([*spots.items()][2:3])) == (written[2],)
    assert ledger.mispriced(HOME, "EUR", {}) == ledger.mispriced("unknown", "EUR", spots) == ()
    ledger.write(HOME, [with_prices(one, market, BATTERY.wear_per_kwh) for one in written[1:5]])
    assert ledger.mispriced(HOME, "EUR", spots) == ()
    assert [one.money.no_battery for one in ledger.read(HOME, START, END)[1:5]] == [market.import_price] * 4


def test_threads_write_and_read_concurrently(ledger, place) -> None:
    written = make_entries(80)
    other = Ledger(place)
    with ThreadPoolExecutor(8) as pool:
        writes = [pool.submit((ledger, other)[n % 2].write, f"site {n % 3}", [one]) for n, one in enumerate(written)]
        reads = [pool.submit(ledger.read, "site 0", START, END) for _ in range(20)]
        for future in (*writes, *reads):
            future.result()
    assert [ledger.read(f"site {n}", START, END) for n in range(3)] == [tuple(written[n::3]) for n in range(3)]


def test_a_new_ledger_can_be_opened_concurrently(place) -> None:
    with ThreadPoolExecutor(8) as pool:
        ledgers = list(pool.map(Ledger, [place] * 8))
    ledgers[0].write(HOME, make_entries(1))
    assert ledgers[7].read(HOME, START, END) == tuple(make_entries(1))


def test_between_calls_sqlite_is_a_single_complete_file(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.write(HOME, make_entries(3))
    ledger.read(HOME, START, END)
    # The auxiliary files are deleted when the last connection is closed.
    assert [one.name for one in tmp_path.iterdir()] == ["ledger.db"]


def test_sqlite_syncs_to_disk_at_every_commit(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db")

    def pragma(connection):
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]

    assert ledger._run(pragma) == ["wal", 2]


def test_a_path_and_its_url_open_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "my ledger? 100%.db"
    Ledger(path).write(HOME, make_entries(1))
    plain = tmp_path / "plain.db"
    Ledger(f"sqlite:///{plain}").write(HOME, make_entries(2))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["my ledger? 100%.db", "plain.db"]
    assert len(Ledger(plain).read(HOME, START, END)) == 2
