from datetime import datetime, time

from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.inverter.codec import FaultRecord, InvalidValueError, decode, encode
from custom_components.nattery.core.inverter.registers import BY_SYMBOL, REGISTERS
from custom_components.nattery.core.inverter.render import as_text, closest, to_json
from custom_components.nattery.core.inverter.table import RegisterKind

PRIORITIES = "0 (solar_first), 1 (grid_first), 2 (battery_first), 3 (hybrid)"
TIMES = "times as HH:MM from 00:00 to 23:59"
STAMPS = "local times as YYYY-MM-DDTHH:MM:SS from the year 2000 to 2255"
NUMERIC = [
    r
    for r in REGISTERS
    if r.writable and r.kind in (RegisterKind.NUMBER, RegisterKind.FLAG, RegisterKind.ENUM, RegisterKind.WORD)
]


def test_decoding_of_signs_scales_and_word_order() -> None:
    assert decode(BY_SYMBOL["BattCurr"], [0xFFF6]) == -1.0
    assert decode(BY_SYMBOL["BattVolt"], [523]) == 52.3
    assert decode(BY_SYMBOL["LineFreq"], [4998]) == 49.98
    assert decode(BY_SYMBOL["PvGeneratEnergyTotal"], [0x0001, 0x0002]) == 13107.3
    assert decode(BY_SYMBOL["OnGridPFSet"], [0xFF9C]) == -1.0


def test_decoding_of_texts_times_histories_and_faults() -> None:
    assert decode(BY_SYMBOL["SourceSN"], [0x4142, 0x4300, *[0] * 28]) == "ABC"
    assert decode(BY_SYMBOL["CpuBuildTime"], [0x5532, 0xFF30, *[0] * 18]) == "20"
    assert decode(BY_SYMBOL["PresentTime"], [26 * 256 + 2, 28 * 256 + 23, 59 * 256 + 58]) == datetime(
        2026, 2, 28, 23, 59, 58
    )
    assert decode(BY_SYMBOL["PresentTime"], [26 * 256 + 2, 31 * 256, 0]) is None
    assert decode(BY_SYMBOL["ChargeStartTime1"], [23 * 256 + 30]) == time(23, 30)
    assert decode(BY_SYMBOL["ChargeStartTime1"], [24 * 256]) is None
    assert decode(BY_SYMBOL["LoadConsumLast7day"], [1, 2, 3, 4, 5, 6, 70]) == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 7.0]
    records = [0] * 512
    records[16:20] = [7, 26 * 256 + 1, 256, 0]
    assert decode(BY_SYMBOL["FaultHistory"], records) == [FaultRecord(7, datetime(2026, 1, 1), (0,) * 12)]


@given(st.sampled_from(NUMERIC), st.data())
def test_numbers_round_trip(register, data) -> None:
    low, high = round(register.low / register.scale), round(register.high / register.scale)
    raw = data.draw(st.integers(low, high))
    value = decode(register, [raw % 65536])
    if value not in (register.choices or register.options or [value]):
        with pytest.raises(InvalidValueError):
            encode(register, value)
    else:
        assert encode(register, value) == [raw % 65536]
        assert encode(register, str(value)) == [raw % 65536]


@given(st.times().map(lambda moment: moment.replace(second=0, microsecond=0)))
def test_times_of_day_round_trip(moment: time) -> None:
    register = BY_SYMBOL["DischgEndTime2"]
    assert decode(register, encode(register, moment)) == moment
    assert encode(register, to_json(register, moment)) == encode(register, moment)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2255, 12, 31)))
def test_clock_times_round_trip(moment: datetime) -> None:
    register = BY_SYMBOL["PresentTime"]
    whole = moment.replace(microsecond=0)
    assert decode(register, encode(register, whole)) == whole


@pytest.mark.parametrize(
    ("symbol", "value", "reason", "sentence"),
    [
        ("MaxChgCurrSet", "lots", "not_a_number", "MaxChgCurrSet cannot be 'lots': allowed is 0 to 300 A"),
        ("MaxChgCurrSet", float("nan"), "out_of_range", "MaxChgCurrSet cannot be nan: allowed is 0 to 300 A"),
        ("MaxChgCurrSet", 300.1, "out_of_range", "MaxChgCurrSet cannot be 300.1: allowed is 0 to 300 A"),
        ("MaxChgCurrSet", 0.05, "not_a_step", "MaxChgCurrSet cannot be 0.05: allowed is 0 to 300 A in steps of 0.1"),
        ("MaxChgCurrSet", None, "not_a_number", "MaxChgCurrSet cannot be None: allowed is 0 to 300 A"),
        ("OutPriority", "solar", "not_a_number", f"OutPriority cannot be 'solar': allowed are {PRIORITIES}"),
        ("OnGirdSet", 2, "out_of_range", "OnGirdSet cannot be 2: allowed are 0 (load_only), 1 (allowed)"),
        (
            "OutVoltSet",
            150,
            "not_a_choice",
            "OutVoltSet cannot be 150: allowed are 100, 105, 110, 120, 200, 210, 220, 230, 240 V",
        ),
        ("ChargeStartTime1", "24:00:30", "not_a_time", f"ChargeStartTime1 cannot be '24:00:30': allowed are {TIMES}"),
        ("PresentTime", "yesterday", "not_a_stamp", f"PresentTime cannot be 'yesterday': allowed are {STAMPS}"),
        ("BattSoc", 50, "not_writable", "BattSoc cannot be 50: it can only be read"),
        ("SourceSN", "X", "not_writable", "SourceSN cannot be 'X': it can only be read"),
        ("RecoveryCtrl", 0xAA, "not_writable", "RecoveryCtrl cannot be 170: it can only be read"),
    ],
)
def test_invalid_values_are_explained_in_one_sentence(symbol, value, reason, sentence) -> None:
    with pytest.raises(InvalidValueError) as caught:
        encode(BY_SYMBOL[symbol], value)
    assert caught.value.reason == reason
    assert str(caught.value) == sentence


def test_enum_accepts_names() -> None:
    assert encode(BY_SYMBOL["OutPriority"], "hybrid") == [3]


def test_rendering() -> None:
    assert as_text(BY_SYMBOL["BattSoc"], 55) == "55 %"
    assert as_text(BY_SYMBOL["BattSoc"], None) == "unknown"
    assert as_text(BY_SYMBOL["OutPriority"], 3) == "hybrid (3)"
    assert as_text(BY_SYMBOL["EcoEn"], 1) == "on"
    assert as_text(BY_SYMBOL["FaultHistory"], [FaultRecord(7, None, ())]) == "code 7 at an unknown time"
    assert as_text(BY_SYMBOL["LibVer"], [1, 0xABCD]) == "0001 ABCD"
    assert as_text(BY_SYMBOL["LoadConsumLast7day"], [0.1, 2.0]) == "0.1 2.0 kWh"
    assert to_json(BY_SYMBOL["FaultHistory"], [FaultRecord(7, datetime(2026, 1, 1), (1,))]) == [
        {"code": 7, "time": "2026-01-01T00:00:00", "values": [1]}
    ]
    assert closest("MaxChargeCurrSet") == "; did you mean MaxChgCurrSet?"
    assert closest("qqqq") == ""
