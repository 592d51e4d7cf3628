"""The inverter on a real pseudo terminal with a simulated inverter."""

import asyncio
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest

from custom_components.nattery.core.inverter.codec import InvalidValueError
from custom_components.nattery.core.inverter.errors import (
    InverterError,
    MismatchError,
    NotConfirmedError,
    NotOfferedError,
    WrongDeviceError,
)
from custom_components.nattery.core.inverter.inverter import Inverter, find_inverter
from custom_components.nattery.core.inverter.polling import merge_results
from custom_components.nattery.core.inverter.registers import BY_KEY, REGISTERS
from custom_components.nattery.core.inverter.table import RegisterGroup, Tier
from custom_components.nattery.core.inverter.write_counter import REFUSE_AT, WriteCounter, WriteLimitError, WriteOrigin
from custom_components.nattery.core.modbus.client import ModbusClient
from custom_components.nattery.core.modbus.errors import NoResponseError
from custom_components.nattery.core.modbus.timing import Timing
from custom_components.nattery.core.modbus.transport import SerialTransport
from custom_components.nattery.core.simulator.simulator import Simulator

type OpenInverter = Callable[..., tuple[Inverter, Simulator]]


@pytest.fixture
def open_inverter(simulator_pty, request) -> OpenInverter:
    def open_with_options(
        *, asked_unit: int = 1, now: Callable[[], datetime] = datetime.now, **options
    ) -> tuple[Inverter, Simulator]:
        simulator, path = simulator_pty(**options)
        client = ModbusClient(SerialTransport(path), timing=Timing(margin=0.4, min_quarantine=0.5))
        client.start()
        request.addfinalizer(client.close)
        return Inverter(client, asked_unit, groups=tuple(RegisterGroup), now=now), simulator

    return open_with_options


async def test_identity(open_inverter: OpenInverter) -> None:
    inverter, simulator = open_inverter(asked_unit=255, unit=17)
    identity = await inverter.identify()
    assert (identity.unit, inverter.unit) == (17, 17)
    assert identity.serial_number == simulator.device.serial
    assert (identity.product, identity.protocol, identity.manufacturer) == ("single_phase", "1.5", "Nattery")


async def test_find_inverter_with_any_unit_id(open_inverter: OpenInverter) -> None:
    inverter, _ = open_inverter(unit=42)
    assert (await find_inverter(inverter.client)).unit == 42
    assert (await find_inverter(inverter.client, 42)).unit == 42
    with pytest.raises(NoResponseError):
        await find_inverter(inverter.client, 43)


@pytest.mark.parametrize(("key", "word"), [("protocol_version", 0x0205), ("serial_number", 0)])
async def test_wrong_version_or_missing_serial_number_is_a_wrong_device(
    open_inverter: OpenInverter, key: str, word: int
) -> None:
    inverter, simulator = open_inverter()
    register = BY_KEY[key]
    read = simulator.device.read
    simulator.device.read = lambda address, count: [
        word if register.address <= address + position < register.end else value
        for position, value in enumerate(read(address, count))
    ]
    with pytest.raises(WrongDeviceError):
        await inverter.identify()


async def test_custom_serial_number_replaces_an_empty_one(open_inverter: OpenInverter) -> None:
    inverter, simulator = open_inverter()
    manufacturer_number, custom_number = BY_KEY["serial_number"], BY_KEY["custom_serial_number"]
    number = int.from_bytes(b"S7")
    read = simulator.device.read
    simulator.device.read = lambda address, count: [
        0
        if manufacturer_number.address <= position < manufacturer_number.end
        else number
        if position == custom_number.address
        else word
        for position, word in zip(range(address, address + count), read(address, count), strict=True)
    ]
    assert (await inverter.identify()).serial_number == "S7"


async def test_device_without_these_registers_is_a_wrong_device(open_inverter: OpenInverter) -> None:
    inverter, simulator = open_inverter()
    simulator.device.read = lambda *_: Simulator().device.read(1, 1)
    with pytest.raises(WrongDeviceError, match="illegal address"):
        await inverter.identify()


async def test_tiers_cover_all_readable_registers(open_inverter: OpenInverter) -> None:
    inverter, _ = open_inverter()
    result = merge_results([await inverter.read(tier) for tier in Tier if tier is not Tier.NEVER])
    assert result.failed == {}
    assert {r.key for r in REGISTERS if r.readable} <= result.values.keys()
    unknown = {key for key, value in result.values.items() if value is None}
    assert unknown == set()
    assert inverter.implausible_counts == {}


async def test_derived_powers_are_consistent(open_inverter: OpenInverter) -> None:
    inverter, simulator = open_inverter(speed=1)
    simulator.skip(4 * 3600)
    values = (await inverter.read(Tier.FAST)).values
    assert values["battery_power"] == values["battery_discharge_power"] - values["battery_charge_power"]
    assert values["grid_power"] == values["grid_import_power"] - values["grid_export_power"]
    assert values["pv_power"] == values["pv1_power"] + values["pv2_power"]
    balance = values["pv_power"] + values["battery_power"] + values["grid_power"] - values["load_power"]
    assert abs(balance) < 0.15 * max(values["load_power"], 300)


async def test_write_is_compared_written_and_read_back(open_inverter: OpenInverter) -> None:
    inverter, simulator = open_inverter()
    await inverter.write("max_charge_current", 80)
    writes = simulator.device.writes["MaxChgCurrSet"]
    written = await inverter.write("max_charge_current", 42.5)
    assert (written.old, written.new, written.changed) == (80.0, 42.5, True)
    assert simulator.device.read(0xA02F, 1) == [425]
    for _ in range(3):
        assert not (await inverter.write("max_charge_current", "42.5")).changed
    assert simulator.device.writes["MaxChgCurrSet"] == writes + 1


async def test_window_is_written_in_one_request(open_inverter: OpenInverter) -> None:
    inverter, simulator = open_inverter()
    before = simulator.traffic.counters.requests
    window = {"charge_start_1": time(23, 30), "charge_end_1": time(5, 15)}
    assert [one.changed for one in await inverter.write_registers(window)] == [True, True]
    functions = [transaction.request[1] for transaction in list(simulator.traffic.transactions)[before:]]
    assert functions == [3, 16, 3]
    assert simulator.device.read(0xA0A1, 2) == [23 * 256 + 30, 5 * 256 + 15]


async def test_only_neighbours_share_a_request(open_inverter: OpenInverter) -> None:
    inverter, _ = open_inverter()
    with pytest.raises(InverterError, match="neighbouring"):
        await inverter.write_registers({"charge_start_1": time(1), "charge_start_2": time(2)})


async def test_mismatch_names_both_values(open_inverter: OpenInverter) -> None:
    inverter, simulator = open_inverter()
    await inverter.write("max_charge_current", 80)
    simulator.device.write = lambda *_: None
    with pytest.raises(MismatchError, match=r"set to 42\.5 but reads 80\.0") as caught:
        await inverter.write("max_charge_current", 42.5)
    assert (caught.value.wanted, caught.value.found) == (42.5, 80.0)


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        ("max_charge_current", 9000, InvalidValueError),
        ("battery_soc", 50, NotOfferedError),
        ("recovery_command", 0xAA, NotOfferedError),
        ("user_password", 1, NotOfferedError),
        ("nonsense", 1, NotOfferedError),
        ("unit_id", 2, NotConfirmedError),
        ("battery_type", "gel", NotConfirmedError),
    ],
)
async def test_invalid_writes_are_not_sent(open_inverter: OpenInverter, key, value, error) -> None:
    inverter, simulator = open_inverter()
    with pytest.raises(error):
        await inverter.write(key, value)
    assert simulator.traffic.counters.requests == 0


async def test_requests_follow_a_changed_unit_id(open_inverter: OpenInverter) -> None:
    inverter, _ = open_inverter()
    await inverter.write("unit_id", 9, confirm=True)
    assert inverter.unit == 9
    assert not (await inverter.read(Tier.FAST)).failed


async def test_write_limit_applies_to_automations(open_inverter: OpenInverter) -> None:
    inverter, simulator = open_inverter()
    today = datetime.now().date()
    inverter.write_counter = WriteCounter(today)
    for number in range(REFUSE_AT):
        await inverter.write("grid_active_power", 1000 + number, WriteOrigin.AUTOMATION)
    with pytest.raises(WriteLimitError):
        await inverter.write("grid_active_power", 1, WriteOrigin.AUTOMATION)
    assert not (await inverter.write("grid_active_power", 1000 + REFUSE_AT - 1, WriteOrigin.AUTOMATION)).changed
    assert (await inverter.write("grid_active_power", 1, WriteOrigin.USER)).changed
    assert simulator.device.writes["OnGridActivePowerSet"] == REFUSE_AT + 1
    assert inverter.write_counter.today["grid_active_power"] == REFUSE_AT + 1


async def test_pending_writes_are_known_from_their_beginning_to_their_end(open_inverter: OpenInverter) -> None:
    inverter, _ = open_inverter()
    seen: list[frozenset[str]] = []
    stop = inverter.listen_to_writes(lambda: seen.append(inverter.pending_writes))
    writing = [inverter.write("max_charge_current", amps) for amps in (40, 50)]
    await asyncio.gather(*writing, inverter.write("soc_full", 25))
    assert seen[0] == {"max_charge_current"}
    assert seen[2] == {"max_charge_current", "soc_full"}
    assert not seen[-1]
    assert len(seen) == 6
    with pytest.raises(NotOfferedError):
        await inverter.write("nothing", 1)
    stop()
    await inverter.write("max_charge_current", 60)
    assert len(seen) == 6, "what is refused is never pending, and nobody listens any longer"


async def test_concurrent_writes_of_one_register(open_inverter: OpenInverter) -> None:
    inverter, simulator = open_inverter()
    values = [10 + number for number in range(8)]
    written = await asyncio.gather(*(inverter.write("max_charge_current", value) for value in values))
    assert [one.new for one in written] == values
    assert simulator.device.read(0xA02F, 1) == [170]


async def test_clock_is_set_only_if_it_is_off(open_inverter: OpenInverter) -> None:
    inverter, _ = open_inverter()
    assert abs(await inverter.clock_drift()) < 3
    assert await inverter.sync_clock(tolerance=5) is None
    shifted = Inverter(inverter.client, 1, now=lambda: datetime.now() + timedelta(hours=1))
    assert await shifted.clock_drift() == pytest.approx(-3600, abs=3)
    written = await shifted.sync_clock(tolerance=5)
    assert written is not None
    assert abs(await shifted.clock_drift()) < 3


async def test_command_without_read_back(open_inverter: OpenInverter) -> None:
    inverter, simulator = open_inverter()
    await inverter.write("clear_alarms_command", 1)
    assert simulator.device.writes["AlarmClearCtrl"] == 1


async def test_raw_reads_exclude_secrets(open_inverter: OpenInverter) -> None:
    inverter, simulator = open_inverter()
    assert await inverter.read_raw(0x7532, 1) == tuple(simulator.device.read(0x7532, 1))
    for address, count in ((0xA038, 1), (0xA030, 10), (0x9C40, 1)):
        with pytest.raises(NotOfferedError):
            await inverter.read_raw(address, count)


async def test_daily_counters_reset_at_the_inverters_midnight(open_inverter: OpenInverter) -> None:
    evening = datetime(2026, 7, 1, 20, 0)
    inverter, simulator = open_inverter(local_clock=lambda: evening)

    async def load_energy():
        return merge_results([await inverter.read(tier) for tier in (Tier.SETTINGS, Tier.COUNTERS)]).values[
            "load_energy_today"
        ]

    assert await load_energy() > 2
    simulator.skip(5 * 3600)
    assert await load_energy() < 2
    assert inverter.implausible_counts["load_energy_today"] == 0
    assert date(2026, 7, 2) == (await inverter.read_registers(["clock"])).values["clock"].date()
