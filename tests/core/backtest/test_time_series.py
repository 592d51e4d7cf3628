from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.nattery.core.backtest.forecasts import epochs
from custom_components.nattery.core.backtest.time_series import BacktestError, series_from_csv, series_from_ledger
from custom_components.nattery.core.forecast.quarters import day_edges, quarter
from custom_components.nattery.core.ledger.entry import QUARTER
from tests.core.ledger.entries import START, make_entries as booked, make_entry

BERLIN = ZoneInfo("Europe/Berlin")
HEADER = "start,import_price,export_price,pv_kw,load_kw"


def rows(begin: datetime, count: int, *, zone=BERLIN) -> list[str]:
    starts = (begin.astimezone(UTC) + number * QUARTER for number in range(count))
    return [f"{start.astimezone(zone).isoformat()},0.3,0.1,0,{number / 10}" for number, start in enumerate(starts)]


def test_columns_may_be_in_any_order_and_unknown_ones_are_ignored() -> None:
    lines = [
        "load_kw, pv_kw,note,export_price,import_price,start,load_forecast_kw\n",
        "\n",
        '1.5,0.5,"a,b",-0.1,0.3,2026-01-10T00:00:00Z,1\n',
        "2,0,,0.1,0.2,2026-01-10T01:15+01:00,2\n",
    ]
    series = series_from_csv(lines)
    assert series.numbers == [
        quarter(datetime(2026, 1, 10, tzinfo=UTC)),
        quarter(datetime(2026, 1, 10, 0, 15, tzinfo=UTC)),
    ]
    assert (series.import_price, series.export_price) == ([0.3, 0.2], [-0.1, 0.1])
    assert (series.pv_kw, series.load_kw, series.hours) == ([0.5, 0.0], [1.5, 2.0], [0.25, 0.25])
    assert (series.pv_forecast_kw, series.load_forecast_kw) == (None, [1.0, 2.0])
    assert series.end - series.start == 2 * QUARTER


@pytest.mark.parametrize(("month", "day", "quarters"), [(3, 29, 92), (10, 25, 100)])
def test_days_on_which_clocks_change(month, day, quarters) -> None:
    begin = datetime(2026, month, day, tzinfo=BERLIN)
    series = series_from_csv([HEADER, *rows(begin, quarters)])
    assert series.end.astimezone(BERLIN) == datetime(2026, month, day, tzinfo=BERLIN) + timedelta(days=1)


GOOD = "2026-01-10T00:00Z,0.3,0.1,0,1"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The series is empty: a header with start, import_price"),
        ("\n\n", "The series is empty"),
        (HEADER, "The series has no lines below its header"),
        ("start,import_price,export_price,pv_kw\n", "Line 1 has no column load_kw"),
        ("start;import_price;export_price;pv_kw;load_kw\n", "Line 1 has no column start"),
        (f"{HEADER},pv_kw\n", "Line 1 has the column pv_kw more than once"),
        (
            f"{HEADER}\n{GOOD}\n2026-01-10T00:00Z,0.3,0.1,0,1",
            "Line 3: start 2026-01-10T00:00Z is that of the line before",
        ),
        (f"{HEADER}\n{GOOD}\n2026-01-09T00:00Z,0.3,0.1,0,1", "Line 3: start 2026-01-09T00:00Z is earlier than"),
        (f"{HEADER}\n{GOOD}\n2026-01-10T01:00Z,0.3,0.1,0,1", "Line 3: start 2026-01-10T01:00Z is 60 minutes after"),
        (f"{HEADER}\n2026-01-10T00:07Z,0.3,0.1,0,1", "Line 2: start 2026-01-10T00:07Z is not on a quarter"),
        (f"{HEADER}\n2026-01-10T00:00,0.3,0.1,0,1", "Line 2: start 2026-01-10T00:00 has no offset"),
        (f"{HEADER}\n2026-10-25 02:00,0.3,0.1,0,1", "Line 2: start 2026-10-25 02:00 has no offset"),
        (f"{HEADER}\nyesterday,0.3,0.1,0,1", "Line 2: start cannot be 'yesterday'"),
        (f"{HEADER}\n0001-01-01T00:00+00:00,0.3,0.1,0,1", "Line 2: start cannot be in 1"),
        (f"{HEADER}\n2026-01-10T00:00Z,nan,0.1,0,1", "Line 2: import_price cannot be 'nan'"),
        (f"{HEADER}\n2026-01-10T00:00Z,0.3,inf,0,1", "Line 2: export_price cannot be 'inf'"),
        (f"{HEADER}\n2026-01-10T00:00Z,0.3,0.1,-1,1", "Line 2: pv_kw cannot be '-1'"),
        (f"{HEADER}\n2026-01-10T00:00Z,0.3,0.1,0,", "Line 2: load_kw cannot be ''"),
        (f"{HEADER}\n2026-01-10T00:00Z,0.3,0.1,0", "Line 2 has 4 cells: the header has 5"),
        (f'{HEADER}\n"2026-01-10T00:00Z,0.3,0.1,0,1', "Line 2 is not CSV"),
    ],
)
def test_bad_input_names_the_line_and_the_column(text, sentence) -> None:
    with pytest.raises(BacktestError) as caught:
        series_from_csv(text.splitlines(keepends=True))
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_a_ledger_with_gaps() -> None:
    first, second, later = (
        booked(2),
        make_entry(START + 2 * QUARTER, coverage=0.5, pv_kwh=0.2, load_kwh=0.1),
        booked(2, START + 9 * QUARTER),
    )
    other_currency, unpriced = (
        booked(1, START + 3 * QUARTER, currency="SEK"),
        make_entry(START + 4 * QUARTER, prices=None),
    )
    series = series_from_ledger([*first, second, *other_currency, unpriced, *later], "EUR")
    assert len(series) == 5
    assert [(gap.start - START, gap.end - START) for gap in series.gaps] == [(3 * QUARTER, 9 * QUARTER)]
    assert (series.hours[2], series.pv_kw[2], series.load_kw[2]) == pytest.approx((0.125, 1.6, 0.8))
    assert series.load_kw[0] == pytest.approx(first[0].energies.load_kwh * 4)
    assert series.import_price[3] == later[0].prices.import_price
    with pytest.raises(BacktestError, match="no quarter with prices in NOK"):
        series_from_ledger(first, "NOK")


def local_epochs(begin: datetime, count: int, *, without=range(0)) -> list[tuple[str, ...]]:
    """Return the beginning, the end and the horizon of each epoch, in local time."""
    series = series_from_csv([HEADER, *rows(begin, count)])
    left = [index for index in range(count) if index not in without]
    series = replace(series, numbers=[series.numbers[index] for index in left])
    edges = [*(datetime.fromtimestamp(number * 900, BERLIN) for number in series.numbers)]
    edges.append(edges[-1] + QUARTER)
    return [tuple(f"{edges[index]:%d %H:%M}" for index in epoch) for epoch in epochs(series, BERLIN)]


def test_prices_of_a_day_are_published_at_13_00_of_the_day_before() -> None:
    assert local_epochs(datetime(2026, 1, 10, tzinfo=BERLIN), 3 * 96) == [
        ("10 00:00", "10 13:00", "11 00:00"),
        ("10 13:00", "11 13:00", "12 00:00"),
        ("11 13:00", "12 13:00", "13 00:00"),
        ("12 13:00", "13 00:00", "13 00:00"),
    ]
    assert local_epochs(datetime(2026, 1, 10, 12, 45, tzinfo=BERLIN), 60)[:2] == [
        ("10 12:45", "10 13:00", "11 00:00"),
        ("10 13:00", "11 03:45", "11 03:45"),
    ]


def test_clock_changes_do_not_shift_the_publication() -> None:
    for month, day, quarters in ((3, 28, 96 + 92 + 96), (10, 24, 96 + 100 + 96)):
        for begin, end, _ in local_epochs(datetime(2026, month, day, tzinfo=BERLIN), quarters)[1:-1]:
            assert (begin[3:], end[3:]) == ("13:00", "13:00")
    assert day_edges((datetime(2026, 3, 29) - datetime(1970, 1, 1)).days, BERLIN)[1] % 96 == 88


def test_an_epoch_starts_after_a_gap() -> None:
    found = local_epochs(datetime(2026, 1, 10, tzinfo=BERLIN), 3 * 96, without=range(40, 70))
    assert found[:2] == [("10 00:00", "10 17:30", "11 00:00"), ("10 17:30", "11 13:00", "12 00:00")]
