from datetime import date, datetime, time, timedelta

import pytest

from custom_components.nattery.core.inverter.codec import FaultRecord, Value, decode, encode
from custom_components.nattery.core.inverter.registers import BY_SYMBOL, REGISTERS
from custom_components.nattery.core.inverter.table import RegisterKind
from custom_components.nattery.core.simulator.memory import ModbusExceptionError
from custom_components.nattery.core.simulator.simulated_inverter import SimulatedInverter

NOW = datetime(2026, 6, 17, 12, 0)
SETTABLE = 0xA028
DAY = 86400


@pytest.fixture
def device() -> SimulatedInverter:
    return SimulatedInverter(1, NOW, with_history=False)


def get(device: SimulatedInverter, symbol: str) -> Value:
    register = BY_SYMBOL[symbol]
    words: list[int] = []
    while len(words) < register.words:
        words += device.read(register.address + len(words), min(32, register.words - len(words)))
    return decode(register, words)


def number(device: SimulatedInverter, symbol: str) -> float:
    value = get(device, symbol)
    assert isinstance(value, int | float)
    return value


def put(device: SimulatedInverter, symbol: str, value: object) -> None:
    register = BY_SYMBOL[symbol]
    device.write(register.address, encode(register, value))


def command(device: SimulatedInverter, symbol: str, word: int) -> None:
    device.write(BY_SYMBOL[symbol].address, [word])


def test_identity(device: SimulatedInverter) -> None:
    assert get(device, "ManufactureName") == "Nattery"
    assert get(device, "ProductType") == 0
    assert get(device, "ProtocolVer") == 0x0105
    assert device.serial == get(device, "SourceSN")
    assert device.serial.startswith("SIM")
    assert device.serial[3:].isdecimal()
    assert SimulatedInverter(2, NOW, with_history=False).serial != device.serial
    build = get(device, "CpuBuildTime")
    assert isinstance(build, str)
    assert build.split()[2] == "2023"


def test_new_inverter_has_a_history() -> None:
    device = SimulatedInverter(1, NOW)
    for symbol in (
        "BatChgEnergyTotal",
        "BatDischgEnergyTotal",
        "PvGeneratEnergyTotal",
        "UsedEnergyTotal",
        "WorkDaysTotal",
    ):
        assert number(device, symbol) > 100
    for register in REGISTERS:
        if register.kind is RegisterKind.HISTORY:
            history = get(device, register.symbol)
            assert isinstance(history, list)
            assert len(history) == 7
    pv = get(device, "PVEnergyLast7day")
    assert isinstance(pv, list)
    assert all(isinstance(energy, float) and energy > 3 for energy in pv)
    assert number(device, "PvGeneratEnergyToday") > 1
    assert device.clock == NOW
    assert device.elapsed == 0
    log = get(device, "FaultHistory")
    assert isinstance(log, list)
    assert log
    assert SimulatedInverter(1, NOW).read(0x7530, 32) == device.read(0x7530, 32)


def test_measurements_match_the_power_flows(device: SimulatedInverter) -> None:
    for hour in range(24):
        device.advance(hour * 3600 + 1)
        battery = number(device, "BattVolt") * number(device, "BattCurr")
        pv = number(device, "Pv1Power") + number(device, "Pv2Power")
        assert battery == pytest.approx(device.flows.battery, abs=6)
        assert pv + battery + number(device, "LinePowerVA_A") == pytest.approx(number(device, "OutSumW"), abs=8)
        assert number(device, "BattSoc") == round(device.state.soc)
        assert number(device, "LineVoltA") * number(device, "LineCurrA") == pytest.approx(device.flows.grid, abs=20)


def test_measurements_are_within_bounds() -> None:
    device = SimulatedInverter(7, NOW)
    for hour in range(0, 48, 3):
        device.advance(hour * 3600)
        for register in REGISTERS:
            value = (
                get(device, register.symbol)
                if register.readable and register.kind is not RegisterKind.RESERVED
                else None
            )
            if isinstance(value, int | float):
                assert register.low is None or value >= register.low, register.symbol
                assert register.high is None or value <= register.high, register.symbol
                assert not register.options or value in register.options, register.symbol


def test_counters_integrate_the_powers(device: SimulatedInverter) -> None:
    sums = dict.fromkeys(("pv", "load", "charge", "discharge", "export"), 0.0)
    before = dict(device.meters.total)
    for minute in range(1, 11 * 60 + 1):
        device.advance(minute * 60)
        flows = device.flows
        sums["pv"] += flows.pv / 60
        sums["load"] += flows.load / 60
        sums["charge"] += max(0, -flows.battery) / 60
        sums["discharge"] += max(0, flows.battery) / 60
        sums["export"] += max(0, -flows.grid) / 60
    for name, energy in sums.items():
        assert device.meters.today[name] == pytest.approx(energy)
        assert device.meters.total[name] - before[name] == pytest.approx(energy)
    assert number(device, "PvGeneratEnergyToday") == int(sums["pv"] / 100) / 10
    assert number(device, "PvGeneratEnergyTotal") == int(device.meters.total["pv"] / 100) / 10


def test_new_day_starts_at_midnight_of_the_inverters_clock(device: SimulatedInverter) -> None:
    put(device, "PresentTime", "2026-06-17T23:59:30")
    device.advance(29)
    today = device.meters.today["load"]
    assert today > 0
    device.advance(31)
    assert get(device, "PresentTime") == datetime(2026, 6, 18, 0, 0, 1)
    assert device.meters.history["load"][0] >= today
    assert device.meters.today["load"] < today
    device.advance(31 + 2 * DAY)
    history = get(device, "LoadConsumLast7day")
    assert isinstance(history, list)
    assert [bool(energy) for energy in history] == [True, True, False, False, False, False, False]


def test_clock_set_back_over_midnight_starts_no_second_day(device: SimulatedInverter) -> None:
    put(device, "PresentTime", "2026-06-18T00:00:05")
    days = device.meters.days
    put(device, "PresentTime", "2026-06-17T23:59:58")
    device.advance(10)
    assert device.meters.days == days
    assert device.day == date(2026, 6, 18)
    put(device, "PresentTime", "2024-01-01T00:00:00")
    assert device.day == date(2024, 1, 1)
    assert device.meters.days == days
    device.advance(10 + DAY)
    assert device.meters.days == days + 1


def test_clock_drift() -> None:
    device = SimulatedInverter(1, NOW, drift_ppm=100, with_history=False)
    device.advance(DAY)
    assert device.clock - NOW - timedelta(days=1) == pytest.approx(
        timedelta(seconds=8.64), abs=timedelta(milliseconds=2)
    )
    put(device, "PresentTime", "2026-06-18T12:00:00")
    assert device.clock == datetime(2026, 6, 18, 12)


def test_windows_follow_the_inverters_clock(device: SimulatedInverter) -> None:
    put(device, "ChargeStartTime1", time(3))
    put(device, "ChargeEndTime1", "04:00")
    device.advance(1)
    assert device.flows.grid_charge == 0
    put(device, "PresentTime", "2026-06-17T03:00:00")
    device.advance(2)
    assert device.flows.grid_charge > 0
    assert number(device, "LineChgCurr") + number(device, "PvChgCurr") == pytest.approx(100, abs=0.3)
    device.advance(2 + 3600)
    assert device.flows.grid_charge == 0


def test_default_settings_force_nothing(device: SimulatedInverter) -> None:
    assert [number(device, s) for s in ("OutPriority", "OnTimeDischgEn", "OnGridActivePowerSet")] == [0, 0, 0]
    device.advance(DAY)
    assert device.meters.today["grid_charge"] == 0
    assert device.meters.history["grid_charge"][0] == 0


@pytest.mark.parametrize(
    ("address", "count", "code"),
    [
        (0x7530, 33, 3),
        (0x7530, 0, 3),
        (0x752F, 1, 2),
        (0x757C, 2, 2),
        (0x9C40, 1, 2),
        (0xA037, 1, 2),
        (0xA036, 2, 2),
        (0xFFFF, 2, 2),
    ],
)
def test_illegal_reads(device: SimulatedInverter, address: int, count: int, code: int) -> None:
    with pytest.raises(ModbusExceptionError) as refused:
        device.read(address, count)
    assert refused.value.code == code


def test_reserved_words_and_secrets_read_zero(device: SimulatedInverter) -> None:
    assert device.read(0x7536, 5) == [0] * 5
    command(device, "UserPassWord", 1234)
    assert device.read(0xA038, 2) == [0, 0]
    assert device.read(0xA0AE, 1) == [0]


@pytest.mark.parametrize(
    ("address", "words", "code"),
    [
        (0x7530, [500], 2),  # a measurement
        (0xA037, [1], 2),  # undefined
        (0xA04B, [0], 2),  # reserved
        (0xC746, [0x4142], 2),  # the serial number
        (0xCF08, [0], 2),  # the fault log
        (SETTABLE, [4], 3),
        (0xA029, [2250], 3),  # no such output voltage
        (0xA02F, [3001], 3),
        (0xA040, [0x8000], 3),
        (0xA032, [0], 3),
        (0xA032, [255], 3),
        (0xA0A1, [0x1800], 3),  # 24:00
        (0xA0A1, [0x0A3C], 3),  # 10:60
        (0xA03A, [0x1A0D, 0x0100, 0], 3),  # month 13
        (0xA0A0, [1, 0x0100, 0x1800], 3),  # the last of three
        (0x9C42, [0x11], 3),
        (0x9C43, [2], 3),
        (0xA0AE, [50], 3),  # a BMS is connected
        (0xA028, [], 3),
        (0xA0A0, [0] * 33, 3),
    ],
)
def test_illegal_writes_change_nothing(device: SimulatedInverter, address: int, words: list[int], code: int) -> None:
    before = dict(device.memory.words)
    with pytest.raises(ModbusExceptionError) as refused:
        device.write(address, words)
    assert refused.value.code == code
    assert device.memory.words == before
    assert not device.writes


def test_writes_are_counted_by_register(device: SimulatedInverter) -> None:
    device.write(0xA0A0, [1, 0x0100, 0x0200])
    device.write(0xA0A0, [1])
    assert device.writes == {"OnTimeChargeEn": 2, "ChargeStartTime1": 1, "ChargeEndTime1": 1}
    assert get(device, "ChargeEndTime1") == time(2)
    put(device, "OnGridReactivePowerSet", -300)
    assert get(device, "OnGridReactivePowerSet") == -300
    put(device, "PresentTime", "2026-06-17T12:00:00")
    assert device.writes["PresentTime"] == 1


def test_writing_one_word_of_the_clock(device: SimulatedInverter) -> None:
    device.write(0xA03A, [26 * 256 + 7])
    assert get(device, "PresentTime") == datetime(2026, 7, 17, 12, 0)


def test_switching_off_and_on(device: SimulatedInverter) -> None:
    command(device, "OnOffCtrl", 0)
    device.advance(5)
    assert [number(device, s) for s in ("StartupStatus", "OutStatus", "OutVoltA", "OutSumW", "BattCurr")] == [
        1,
        0,
        0,
        0,
        0,
    ]
    command(device, "OnOffCtrl", 1)
    device.advance(10)
    assert number(device, "StartupStatus") == 3
    assert number(device, "OutSumW") > 0


def test_restart_interrupts_responses_and_resets_commands(device: SimulatedInverter) -> None:
    command(device, "ChgCtrl", 1)
    device.advance(1)
    assert device.flows.battery >= 0
    command(device, "RestartCtrl", 0)
    assert not device.restarting
    command(device, "RestartCtrl", 1)
    assert device.restarting
    device.advance(7)
    assert not device.restarting
    assert number(device, "StartupStatus") == 0
    device.advance(20)
    assert number(device, "StartupStatus") == 3
    assert device.flows.battery < 0
    assert get(device, "PowerOnTime") == NOW + timedelta(seconds=1)


def test_recovery_commands() -> None:
    device = SimulatedInverter(1, NOW)
    put(device, "MaxChgCurrSet", 12)
    command(device, "RecoveryCtrl", 0xCC)
    assert get(device, "FaultHistory") == []
    assert number(device, "UsedEnergyTotal") > 0
    command(device, "RecoveryCtrl", 0xBB)
    assert number(device, "UsedEnergyTotal") == 0
    assert get(device, "PVEnergyLast7day") == [0] * 7
    assert number(device, "MaxChgCurrSet") == 12
    command(device, "RecoveryCtrl", 0xAA)
    for register in REGISTERS:
        if register.default is not None and register.readable:
            assert (
                number(device, register.symbol) == register.default if register.kind is not RegisterKind.TIME else True
            )
    assert device.serial.startswith("SIM")


def test_soc_can_be_set_only_without_a_bms(device: SimulatedInverter) -> None:
    put(device, "BmsSet", "off")
    put(device, "BattSocSet", 77)
    assert number(device, "BattSoc") == 77
    assert get(device, "BattSocSet") == 0


def test_low_battery_alarm_is_logged_once(device: SimulatedInverter) -> None:
    device.set_soc(14)
    device.advance(1)
    flags = get(device, "SysAlarmFlag")
    details = get(device, "AlarmDetail")
    assert flags == [1, 0, 0, 0, 0, 0, 0, 0]
    assert isinstance(details, list)
    assert details[0] == 1
    assert sum(detail for detail in details if isinstance(detail, int)) == 1
    command(device, "AlarmClearCtrl", 1)
    device.advance(3)
    assert get(device, "SysAlarmFlag") == flags  # its cause persists
    device.set_soc(30)
    device.advance(4)
    assert get(device, "SysAlarmFlag") == [0] * 8
    log = get(device, "FaultHistory")
    assert isinstance(log, list)
    newest = log[0]
    assert isinstance(newest, FaultRecord)
    assert (newest.code, newest.time, len(newest.values)) == (1, NOW + timedelta(seconds=3), 12)


def test_raised_alarm_stays_until_cleared(device: SimulatedInverter) -> None:
    device.raise_alarm(37)
    device.advance(100)
    assert get(device, "SysAlarmFlag") == [0, 0, 1 << 5, 0, 0, 0, 0, 0]
    command(device, "AlarmClearCtrl", 1)
    assert get(device, "SysAlarmFlag") == [0] * 8
    with pytest.raises(ValueError, match="allowed is 0 to 127"):
        device.raise_alarm(128)


def test_fault_log_keeps_the_newest_32_records(device: SimulatedInverter) -> None:
    for bit in range(40, 80):
        device.raise_alarm(bit)
    log = get(device, "FaultHistory")
    assert isinstance(log, list)
    assert [fault.code for fault in log if isinstance(fault, FaultRecord)] == list(range(80, 48, -1))


def test_unit_id_can_be_changed(device: SimulatedInverter) -> None:
    assert device.unit == 1
    put(device, "CommIdSet", 9)
    assert device.unit == 9
