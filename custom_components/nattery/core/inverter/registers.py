"""The register table: the only place that defines an address, scale, unit, bound or name.

Source: the "Home Storage Inverter" Modbus protocol V1.5 (2023-07-13). Each register is one row. Entities, the
simulator, the command line and docs/registers.md are generated from the table. Symbols are spelt as in the protocol.
"""

from collections.abc import Iterable
from functools import partial

from .table import (
    Access,
    CounterKind,
    Register,
    RegisterGroup,
    RegisterKind,
    Risk,
    Tier,
    WindowEdge,
    WindowKind,
    WindowRole,
)

_RW, _W = Access.READ_WRITE, Access.WRITE
_RISKY, _FORBIDDEN = Risk.RISKY, Risk.FORBIDDEN
_FLAG, _ENUM, _WORD, _WORDS, _TIME, _TEXT, _U32 = (
    RegisterKind.FLAG,
    RegisterKind.ENUM,
    RegisterKind.WORD,
    RegisterKind.WORDS,
    RegisterKind.TIME,
    RegisterKind.TEXT,
    RegisterKind.UINT32,
)
_LIFETIME, _DAILY = CounterKind.LIFETIME, CounterKind.DAILY


def _reserved(address: int, words: int, section: str, access: Access = Access.READ) -> Register:
    return Register(
        address,
        "reserved",
        f"reserved_{address:04x}",
        RegisterKind.RESERVED,
        words,
        access=access,
        section=section,
        tier=Tier.NEVER,
    )


def _enum(*names: str) -> dict[int, str]:
    return dict(enumerate(names))


def _window(address: int, symbol: str, key: str, kind: WindowKind, number: int, edge: WindowEdge) -> Register:
    role = WindowRole(kind, number, edge)
    return _TIME_OF_DAY(address, symbol, key, window=role, primary=number == 1)


_READING = partial(Register, section="P00")
_VOLTS = partial(_READING, scale=0.1, unit="V", low=0, high=1000)
_AMPS = partial(_READING, scale=0.1, unit="A", signed=True, low=-400, high=400)
_WATTS = partial(_READING, unit="W", signed=True, low=-30000, high=30000)
_VOLTAMPS = partial(_READING, unit="VA", signed=True, low=-30000, high=30000)
_PERCENT = partial(_READING, unit="%", signed=True, low=-300, high=300)
_OFFSET = partial(_READING, unit="mV", signed=True)
_HERTZ = partial(_READING, scale=0.01, unit="Hz", low=0, high=100)
_DEGREES = partial(_READING, scale=0.1, unit="°C", signed=True, low=-40, high=150)
_PHASE = RegisterGroup.THREE_PHASE

P00: tuple[Register, ...] = (
    _VOLTS(0x7530, "BattVolt", "battery_voltage", high=100, primary=True),
    _AMPS(0x7531, "BattCurr", "battery_current"),
    _READING(0x7532, "BattSoc", "battery_soc", unit="%", low=0, high=100, jump=10, primary=True),
    _READING(0x7533, "BattChgPower", "battery_charge_power_measured", unit="W", low=0, high=30000),
    _AMPS(0x7534, "LineChgCurr", "grid_charge_current"),
    _AMPS(0x7535, "PvChgCurr", "pv_charge_current"),
    _reserved(0x7536, 5, "P00"),
    _VOLTS(0x753B, "Pv1Volt", "pv1_voltage"),
    _AMPS(0x753C, "Pv1Curr", "pv1_current", signed=False, low=0),
    _WATTS(0x753D, "Pv1Power", "pv1_power", signed=False, low=0),
    _VOLTS(0x753E, "Pv2Volt", "pv2_voltage"),
    _AMPS(0x753F, "Pv2Curr", "pv2_current", signed=False, low=0),
    _WATTS(0x7540, "Pv2Power", "pv2_power", signed=False, low=0),
    _reserved(0x7541, 7, "P00"),
    _VOLTS(0x7548, "OutVoltA", "output_voltage"),
    _AMPS(0x7549, "OutCurrA", "output_current"),
    _HERTZ(0x754A, "OutFreq", "output_frequency"),
    _AMPS(0x754B, "InvCurrA", "inverter_current"),
    _WATTS(0x754C, "OutW_A", "output_power_a"),
    _VOLTAMPS(0x754D, "OutVA_A", "output_apparent_power_a"),
    _PERCENT(0x754E, "LoadPercentA", "load_percent_a"),
    _OFFSET(0x754F, "InvVdcA", "inverter_dc_offset_a"),
    _VOLTS(0x7550, "OutVoltB", "output_voltage_b", signed=True, group=_PHASE),
    _AMPS(0x7551, "OutCurrB", "output_current_b", group=_PHASE),
    _AMPS(0x7552, "InvCurrB", "inverter_current_b", group=_PHASE),
    _WATTS(0x7553, "OutW_B", "output_power_b", group=_PHASE),
    _VOLTAMPS(0x7554, "OutVA_B", "output_apparent_power_b", group=_PHASE),
    _PERCENT(0x7555, "LoadPercentB", "load_percent_b", group=_PHASE),
    _OFFSET(0x7556, "InvVdcB", "inverter_dc_offset_b", group=_PHASE),
    _VOLTS(0x7557, "OutVoltC", "output_voltage_c", signed=True, group=_PHASE),
    _AMPS(0x7558, "OutCurrC", "output_current_c", group=_PHASE),
    _AMPS(0x7559, "InvCurrC", "inverter_current_c", group=_PHASE),
    _WATTS(0x755A, "OutW_C", "output_power_c", group=_PHASE),
    _VOLTAMPS(0x755B, "OutVA_C", "output_apparent_power_c", group=_PHASE),
    _PERCENT(0x755C, "LoadPercentC", "load_percent_c", group=_PHASE),
    _OFFSET(0x755D, "InvVdcC", "inverter_dc_offset_c", group=_PHASE),
    _WATTS(0x755E, "OutSumW", "output_power"),
    _VOLTAMPS(0x755F, "OutSumVA", "output_apparent_power"),
    _PERCENT(0x7560, "SumLoadPercent", "load_percent"),
    _WATTS(0x7561, "GeneratedPowerP_A", "generated_power_a"),
    _WATTS(0x7562, "GeneratedPowerP_B", "generated_power_b", group=_PHASE),
    _WATTS(0x7563, "GeneratedPowerP_C", "generated_power_c", group=_PHASE),
    _reserved(0x7564, 6, "P00"),
    _VOLTS(0x756A, "LineVoltA", "grid_voltage", primary=True),
    _AMPS(0x756B, "LineCurrA", "grid_current"),
    _HERTZ(0x756C, "LineFreq", "grid_frequency"),
    _VOLTS(0x756D, "LineVoltB", "grid_voltage_b", group=_PHASE),
    _AMPS(0x756E, "LineCurrB", "grid_current_b", group=_PHASE),
    _VOLTS(0x756F, "LineVoltC", "grid_voltage_c", group=_PHASE),
    _AMPS(0x7570, "LineCurrC", "grid_current_c", group=_PHASE),
    _VOLTAMPS(0x7571, "LinePowerVA_A", "grid_apparent_power_a"),
    _VOLTAMPS(0x7572, "LinePowerVA_B", "grid_apparent_power_b", group=_PHASE),
    _VOLTAMPS(0x7573, "LinePowerVA_C", "grid_apparent_power_c", group=_PHASE),
    _reserved(0x7574, 3, "P00"),
    _VOLTS(0x7577, "BusVoltP", "bus_voltage_positive"),
    _VOLTS(0x7578, "BusVoltN", "bus_voltage_negative", signed=True, low=-1000),
    _DEGREES(0x7579, "Temper1", "temperature_1", primary=True),
    _DEGREES(0x757A, "Temper2", "temperature_2"),
    _DEGREES(0x757B, "Temper3", "temperature_3"),
    _DEGREES(0x757C, "Temper4", "temperature_4"),
)

_PARALLEL = _enum(
    "stand_alone",
    "parallel",
    "split_phase_reference",
    "split_phase_120",
    "split_phase_180",
    "first_of_three_phases",
    "second_of_three_phases",
    "third_of_three_phases",
)
_CHARGING = {
    0: "off",
    1: "constant_current",
    2: "constant_voltage",
    4: "float",
    8: "battery_activation",
    16: "battery_self_test",
}
_STATUS = partial(Register, section="P01")
P01: tuple[Register, ...] = (
    _STATUS(
        0x7594,
        "StartupStatus",
        "status",
        _ENUM,
        options=_enum("initialising", "standby", "on_grid", "inverter"),
        primary=True,
    ),
    _STATUS(
        0x7595,
        "OutStatus",
        "output_status",
        _ENUM,
        options=_enum("none", "utility", "inverter", "utility_overload", "inverter_overload"),
    ),
    _STATUS(0x7596, "ChgStatus", "charging_status", _ENUM, options=_CHARGING, primary=True),
    _STATUS(0x7597, "ParaMode", "parallel_mode", _ENUM, options=_PARALLEL),
    _STATUS(0x7598, "EcoMode", "eco_mode", _FLAG),
    _STATUS(0x7599, "BattSelfCheck", "battery_self_test", _FLAG),
    _STATUS(0x759A, "DryContact1", "dry_contact_1", _FLAG),
    _STATUS(0x759B, "DryContact2", "dry_contact_2", _FLAG),
    _STATUS(0x759C, "PasswordStatus", "password_status", _ENUM, options={0: "none", 1: "user", 4: "manufacturer"}),
    _STATUS(0x759D, "SysStateFlag", "state_flags", _WORDS, 8),
    _STATUS(0x75A5, "SysAlarmFlag", "alarm_flags", _WORDS, 8, primary=True),
    _reserved(0x75AD, 15, "P01"),
)

P02: tuple[Register, ...] = (
    Register(
        0x9A4C,
        "AlarmDetail",
        "alarm_details",
        _WORDS,
        128,
        section="P02",
        tier=Tier.SETTINGS,
        group=RegisterGroup.ALARM_DETAILS,
    ),
    _reserved(0x9ACC, 2, "P02"),
)

_COMMAND = partial(Register, section="P03", tier=Tier.NEVER, access=_W, low=0, high=1, default=0)
P03: tuple[Register, ...] = (
    _COMMAND(0x9C40, "OnOffCtrl", "power_command", _FLAG, risk=_RISKY),
    _COMMAND(0x9C41, "RestartCtrl", "restart_command", _FLAG, risk=_RISKY),
    _COMMAND(0x9C42, "RecoveryCtrl", "recovery_command", _WORD, signed=True, low=-32768, high=32767, risk=_FORBIDDEN),
    _COMMAND(0x9C43, "AlarmClearCtrl", "clear_alarms_command", _FLAG, primary=True),
    _COMMAND(0x9C44, "ChgCtrl", "stop_charging_command", _FLAG),
    _reserved(0x9C45, 1, "P03", _W),
)

_SETTING = partial(Register, section="P04", tier=Tier.SETTINGS, access=_RW)
_SWITCH = partial(_SETTING, kind=_FLAG, low=0, high=1)
_CHARGE_AMPS = partial(_SETTING, scale=0.1, unit="A", low=0)
_CELL_VOLTS = partial(_SETTING, scale=0.1, unit="V", low=18, high=60, risk=_RISKY)
_SOC = partial(_SETTING, unit="%", low=0, high=100)
_TIME_OF_DAY = partial(_SETTING, kind=_TIME, low=0, high=5947, default=0)
_SECRET = partial(
    _SETTING, kind=_WORD, signed=True, low=-32768, high=32767, risk=_FORBIDDEN, tier=Tier.NEVER, secret=True
)
_BATTERY_TYPES = _enum(
    "user",
    "sealed_lead_acid",
    "flooded_lead_acid",
    "gel",
    "lfp_14s",
    "lfp_15s",
    "lfp_16s",
    "lfp_7s",
    "lfp_8s",
    "lfp_9s",
    "nmc_7s",
    "nmc_8s",
    "nmc_13s",
    "nmc_14s",
)
_OUTPUT_VOLTS = (100, 105, 110, 120, 200, 210, 220, 230, 240)
_PRIORITY = _enum("solar_first", "grid_first", "battery_first", "hybrid")
_CHARGE_PRIORITY = _enum("pv_first", "grid_first", "pv_and_grid", "pv_only")
_LINE_RANGE = _enum("ups", "appliance", "generator")
_PHASE_SHIFT = _enum("0_degrees", "120_degrees", "180_degrees")
_BMS = _enum("off", "rs485", "can")

P04: tuple[Register, ...] = (
    _SETTING(
        0xA028, "OutPriority", "output_priority", _ENUM, low=0, high=3, default=1, options=_PRIORITY, primary=True
    ),
    _SETTING(
        0xA029,
        "OutVoltSet",
        "output_voltage_setting",
        scale=0.1,
        unit="V",
        low=100,
        high=264,
        default=120,
        choices=_OUTPUT_VOLTS,
        risk=_RISKY,
    ),
    _SETTING(
        0xA02A,
        "OutFreqSet",
        "output_frequency_setting",
        scale=0.01,
        unit="Hz",
        low=40,
        high=70,
        default=50,
        risk=_RISKY,
    ),
    _SETTING(0xA02B, "LineRangeSet", "grid_input_range", _ENUM, low=0, high=2, default=0, options=_LINE_RANGE),
    _SETTING(0xA02C, "ParaModeSet", "parallel_mode_setting", _WORD, low=0, high=10, default=0, risk=_RISKY),
    _SWITCH(0xA02D, "EcoEn", "eco_mode_setting", default=0),
    _SETTING(
        0xA02E,
        "ChgPriority",
        "charge_priority",
        _ENUM,
        low=0,
        high=3,
        default=2,
        options=_CHARGE_PRIORITY,
        primary=True,
    ),
    _CHARGE_AMPS(0xA02F, "MaxChgCurrSet", "max_charge_current", high=300, default=80, primary=True),
    _CHARGE_AMPS(0xA030, "ChgCurrByPvSet", "pv_charge_current_limit", high=300, default=80),
    _CHARGE_AMPS(0xA031, "ChgCurrByLineSet", "grid_charge_current_limit", high=200, default=60, primary=True),
    _SETTING(0xA032, "CommIdSet", "unit_id", _WORD, low=1, high=254, default=1, risk=_RISKY),
    _SWITCH(0xA033, "MuteEn", "buzzer", default=0),
    _SETTING(
        0xA034,
        "OnGirdSet",
        "grid_feed_in",
        _ENUM,
        low=0,
        high=1,
        default=0,
        options=_enum("load_only", "allowed", "anti_backflow_ct", "anti_backflow_device"),
        primary=True,
    ),
    _CHARGE_AMPS(0xA035, "ChgFullCurrSet", "full_charge_current", high=15, default=3),
    _SWITCH(0xA036, "NG_FuncEn", "neutral_earth_bond", default=0, risk=_RISKY),
    _SECRET(0xA038, "UserPassWord", "user_password"),
    _SECRET(0xA039, "PassWordSet", "password_setting"),
    _SETTING(0xA03A, "PresentTime", "clock", RegisterKind.STAMP, 3),
    _SETTING(0xA03D, "CtrlFlag1", "function_bits", _WORD, signed=True, low=-32768, high=32767, risk=_RISKY),
    _SWITCH(0xA03E, "BattActiveSet", "battery_activation", default=1),
    _SETTING(0xA03F, "OnGridActivePowerSet", "grid_active_power", unit="W", low=0, high=15000, default=0, primary=True),
    _SETTING(
        0xA040,
        "OnGridReactivePowerSet",
        "grid_reactive_power",
        unit="var",
        signed=True,
        low=-15000,
        high=15000,
        default=0,
    ),
    _SWITCH(0xA041, "HybirdPriorityEn", "mixed_mode", default=0),
    _SETTING(0xA042, "OnGridPFSet", "grid_power_factor", scale=0.01, signed=True, low=-1, high=1, default=1),
    _SETTING(0xA043, "GridStandardSet", "grid_standard", _WORD, low=0, high=100, default=0, risk=_RISKY),
    _SETTING(0xA046, "MaxLinePower", "max_grid_power", unit="W", low=0, high=15000, default=15000, primary=True),
    _SWITCH(0xA047, "ExtCtGetHostEn", "external_ct_host", default=0),
    _SETTING(
        0xA048,
        "OutPhaseDiffSet",
        "output_phase_shift",
        _ENUM,
        low=0,
        high=2,
        default=0,
        options=_PHASE_SHIFT,
        risk=_RISKY,
    ),
    _SWITCH(0xA049, "PowerTurboEn", "power_turbo", default=0),
    _SWITCH(0xA04A, "ACOverloadRestartEn", "overload_restart", default=0),
    _reserved(0xA04B, 65, "P04", _RW),
    _SETTING(0xA08C, "BatType", "battery_type", _ENUM, low=0, high=14, default=3, options=_BATTERY_TYPES, risk=_RISKY),
    _CELL_VOLTS(0xA08D, "CvVolt", "constant_voltage", default=56),
    _CELL_VOLTS(0xA08E, "FloatVolt", "float_voltage", default=56),
    _CELL_VOLTS(0xA08F, "BattOverVolt", "battery_over_voltage", high=70, default=60),
    _SETTING(0xA090, "CvChgTimeSet", "constant_voltage_time", unit="min", low=5, high=900, default=120),
    _CELL_VOLTS(0xA091, "CvChgBackVolt", "recharge_voltage", default=54),
    _CELL_VOLTS(0xA092, "Inv2LineVolt", "to_grid_voltage", default=44),
    _CELL_VOLTS(0xA093, "LineBack2InvVolt", "back_to_inverter_voltage", default=56),
    _CELL_VOLTS(0xA094, "BattLowVolt", "battery_low_voltage", default=46),
    _CELL_VOLTS(0xA095, "BattDelayOffVolt", "delayed_shutdown_voltage", default=44),
    _CELL_VOLTS(0xA096, "BattEodVolt", "end_of_discharge_voltage", default=42),
    _SETTING(0xA097, "BattDelayOffTime", "delayed_shutdown_time", unit="s", low=0, high=120, default=5),
    _CELL_VOLTS(0xA098, "BattEodBackVolt", "end_of_discharge_clear_voltage", low=0, default=50),
    _SETTING(0xA099, "BmsSet", "bms_link", _ENUM, low=0, high=2, default=0, options=_BMS, risk=_RISKY),
    _SETTING(0xA09A, "BmsProtocal", "bms_protocol", _WORD, low=0, high=60, default=0, risk=_RISKY),
    _SOC(0xA09B, "BatSocLowAlarm", "soc_low_alarm", default=15),
    _SOC(0xA09C, "BatStopSOC", "soc_stop_discharge", default=5, primary=True),
    _SOC(0xA09D, "BattFullSOC", "soc_full", default=100),
    _SOC(0xA09E, "Inv2LineSOC", "soc_to_grid", default=10),
    _SOC(0xA09F, "LineBack2InvSOC", "soc_back_to_inverter", low=10, default=100),
    _SWITCH(0xA0A0, "OnTimeChargeEn", "timed_charge", default=0, primary=True),
    _window(0xA0A1, "ChargeStartTime1", "charge_start_1", WindowKind.CHARGE, 1, WindowEdge.START),
    _window(0xA0A2, "ChargeEndTime1", "charge_end_1", WindowKind.CHARGE, 1, WindowEdge.END),
    _window(0xA0A3, "ChargeStartTime2", "charge_start_2", WindowKind.CHARGE, 2, WindowEdge.START),
    _window(0xA0A4, "ChargeEndTime2", "charge_end_2", WindowKind.CHARGE, 2, WindowEdge.END),
    _window(0xA0A5, "ChargeStartTime3", "charge_start_3", WindowKind.CHARGE, 3, WindowEdge.START),
    _window(0xA0A6, "ChargeEndTime3", "charge_end_3", WindowKind.CHARGE, 3, WindowEdge.END),
    _SWITCH(0xA0A7, "OnTimeDischgEn", "timed_discharge", default=0, primary=True),
    _window(0xA0A8, "DischgStartTime1", "discharge_start_1", WindowKind.DISCHARGE, 1, WindowEdge.START),
    _window(0xA0A9, "DischgEndTime1", "discharge_end_1", WindowKind.DISCHARGE, 1, WindowEdge.END),
    _window(0xA0AA, "DischgStartTime2", "discharge_start_2", WindowKind.DISCHARGE, 2, WindowEdge.START),
    _window(0xA0AB, "DischgEndTime2", "discharge_end_2", WindowKind.DISCHARGE, 2, WindowEdge.END),
    _window(0xA0AC, "DischgStartTime3", "discharge_start_3", WindowKind.DISCHARGE, 3, WindowEdge.START),
    _window(0xA0AD, "DischgEndTime3", "discharge_end_3", WindowKind.DISCHARGE, 3, WindowEdge.END),
    _SOC(0xA0AE, "BattSocSet", "set_soc_command", default=0, access=_W, risk=_RISKY, tier=Tier.NEVER),
    _SWITCH(0xA0AF, "BattPackNotUnion", "independent_packs", default=0, risk=_RISKY),
    _SOC(0xA0B0, "ForceChgStopSoc", "strong_charge_stop_soc", default=10),
    _reserved(0xA0B1, 1, "P04", _RW),
)

_IDENTITY = partial(Register, section="P07", tier=Tier.IDENTITY)
P07: tuple[Register, ...] = (
    _IDENTITY(0xC738, "MachCode", "machine_code", _WORD),
    _IDENTITY(
        0xC739, "ProductType", "product_type", _ENUM, options={0: "single_phase", 10: "split_phase", 20: "three_phase"}
    ),
    _IDENTITY(0xC73A, "ManufactureName", "manufacturer", _TEXT, 12, access=_RW, risk=_FORBIDDEN),
    _IDENTITY(0xC746, "SourceSN", "serial_number", _TEXT, 30, access=_RW, risk=_FORBIDDEN),
    _IDENTITY(0xC764, "HwVer_M1", "hardware_version_m1", RegisterKind.VERSION),
    _IDENTITY(0xC765, "HwVer_M2", "hardware_version_m2", RegisterKind.VERSION),
    _IDENTITY(0xC766, "HwVer_S1", "hardware_version_s1", RegisterKind.VERSION),
    _IDENTITY(0xC767, "HwVer_S2", "hardware_version_s2", RegisterKind.VERSION),
    _IDENTITY(0xC768, "ProtocolVer", "protocol_version", RegisterKind.VERSION),
    _IDENTITY(0xC769, "BmsVer", "bms_version", RegisterKind.VERSION),
    _IDENTITY(0xC76A, "LibVer", "library_version", _WORDS, 2),
    _IDENTITY(0xC76C, "CpuBuildTime", "firmware_build", RegisterKind.TEXT_LOW, 20),
    _IDENTITY(0xC780, "CustomSN", "custom_serial_number", _TEXT, 20, access=_RW, risk=_FORBIDDEN),
    _reserved(0xC794, 2, "P07"),
)

_COUNT = partial(Register, section="P08", tier=Tier.COUNTERS)
_ENERGY = partial(_COUNT, scale=0.1, unit="kWh", low=0)
_TODAY = partial(_ENERGY, high=1000, counter=_DAILY)
_TOTAL = partial(_ENERGY, kind=_U32, words=2, high=10_000_000, counter=_LIFETIME)
_HISTORY = partial(
    Register,
    section="P08",
    kind=RegisterKind.HISTORY,
    words=7,
    scale=0.1,
    unit="kWh",
    tier=Tier.STATISTICS,
    group=RegisterGroup.HISTORIES,
)
P08: tuple[Register, ...] = (
    _HISTORY(0xCB20, "PVEnergyLast7day", "pv_energy_history"),
    _HISTORY(0xCB27, "BatChgEnergyLast7day", "battery_charge_energy_history"),
    _HISTORY(0xCB2E, "BatDisChgEnergyLast7day", "battery_discharge_energy_history"),
    _HISTORY(0xCB35, "LineChgEnergyLast7day", "grid_charge_energy_history"),
    _HISTORY(0xCB3C, "LoadConsumLast7day", "load_energy_history"),
    _HISTORY(0xCB43, "LoadConsumFromLineLast7day", "load_from_grid_energy_history"),
    _reserved(0xCB4A, 2, "P08"),
    _TODAY(0xCB4C, "GeneratedACPowerToday", "grid_export_energy_today"),
    _TODAY(0xCB4D, "BatChgEnergyToday", "battery_charge_energy_today"),
    _TODAY(0xCB4E, "BatDischgEnergyToday", "battery_discharge_energy_today"),
    _TODAY(0xCB4F, "PvGeneratEnergyToday", "pv_energy_today", primary=True),
    _TODAY(0xCB50, "UsedEnergyToday", "load_energy_today", primary=True),
    _COUNT(0xCB51, "WorkDaysTotal", "working_days", unit="d", counter=_LIFETIME),
    _TOTAL(0xCB52, "BatChgEnergyTotal", "battery_charge_energy", primary=True),
    _TOTAL(0xCB54, "BatDischgEnergyTotal", "battery_discharge_energy", primary=True),
    _TOTAL(0xCB56, "PvGeneratEnergyTotal", "pv_energy", primary=True),
    _TOTAL(0xCB58, "UsedEnergyTotal", "load_energy", primary=True),
    _TODAY(0xCB5A, "LineChgEnergyTday", "grid_charge_energy_today"),
    _TODAY(0xCB5B, "LoadConsumLineTday", "load_from_grid_energy_today"),
    _COUNT(0xCB5C, "InvWorkTimeToday", "inverter_time_today", unit="min", low=0, high=1500, counter=_DAILY),
    _COUNT(0xCB5D, "LineWorkTimeToday", "grid_time_today", unit="min", low=0, high=1500, counter=_DAILY),
    _COUNT(0xCB5E, "PowerOnTime", "power_on_time", RegisterKind.STAMP, 3),
    _TOTAL(0xCB61, "LineChgEnergyTotal", "grid_charge_energy"),
    _TOTAL(0xCB63, "LoadConsumLineTotal", "load_from_grid_energy"),
    _COUNT(0xCB65, "InvWorkTimeTotal", "inverter_time", unit="h", counter=_LIFETIME),
    _COUNT(0xCB66, "LineWorkTimeTotal", "grid_time", unit="h", counter=_LIFETIME),
    _TOTAL(0xCB67, "GeneratedACPowerTotal", "grid_export_energy", primary=True),
    _COUNT(0xCB69, "StacTimeBack", "statistics_time", _WORDS, 3, unit="h"),
    _reserved(0xCB6C, 8, "P08"),
)

FAULT_RECORDS, FAULT_WORDS = 32, 16
P09: tuple[Register, ...] = (
    Register(
        0xCF08,
        "FaultHistory",
        "fault_log",
        RegisterKind.FAULTS,
        FAULT_RECORDS * FAULT_WORDS,
        access=_RW,
        risk=_FORBIDDEN,
        section="P09",
        tier=Tier.STATISTICS,
        primary=True,
    ),
)

REGISTERS: tuple[Register, ...] = P00 + P01 + P02 + P03 + P04 + P07 + P08 + P09
BY_KEY: dict[str, Register] = {register.key: register for register in REGISTERS}
BY_SYMBOL: dict[str, Register] = {
    register.symbol: register for register in REGISTERS if register.kind is not RegisterKind.RESERVED
}

# Names by alarm bit (word * 16 + bit). Other bits are named by number, since their meaning differs by firmware.
ALARM_NAMES: dict[int, str] = {0: "battery_low_voltage"}


def readable_addresses(registers: Iterable[Register] = REGISTERS) -> frozenset[int]:
    """Return the addresses that a read request may cover: reserved words included, commands and secrets excluded."""
    return frozenset(
        address
        for register in registers
        if register.access is not Access.WRITE and not register.secret
        for address in range(register.address, register.end)
    )


def in_tier(tier: Tier, groups: Iterable[RegisterGroup] = tuple(RegisterGroup)) -> tuple[Register, ...]:
    """Return the registers that are polled in one tier, with those of the optional `groups`."""
    chosen = frozenset(groups)
    return tuple(r for r in REGISTERS if r.tier is tier and r.readable and (r.group is None or r.group in chosen))
