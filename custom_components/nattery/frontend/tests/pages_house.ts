/** What the made-up house answers to the pages Savings, Inverter and Health: the same at every run. */
import type {
  BacktestReport,
  BacktestStatus,
  Health,
  Poll,
  RegisterJson,
  RegisterRow,
  Registers,
  RegisterValue,
  RegisterWindow,
} from "../src/data/api";
import type { LedgerQuery, LedgerRow } from "../src/data/ledger";
import { addDays, type Zone } from "../src/i18n/zone";
import fixture from "./fixtures/registers.json";

const TABLE = fixture.table as readonly RegisterRow[];

const VALUES: Readonly<Record<string, RegisterJson>> = {
  BattVolt: 52.3,
  BattCurr: -26.4,
  BattSoc: 62,
  BattChgPower: 1380,
  Pv1Volt: 341.2,
  Pv1Power: 1540,
  Pv2Power: 1060,
  OutVoltA: 230.1,
  OutFreq: 50,
  OutSumW: 1212,
  LineVoltA: 231.4,
  LineFreq: 49.98,
  Temper1: 41.5,
  StartupStatus: 2,
  ChgStatus: 1,
  EcoMode: 0,
  SysStateFlag: [0, 4096],
  SysAlarmFlag: [0, 0],
  OutPriority: 0,
  OutVoltSet: 230,
  OutFreqSet: 50,
  ParaModeSet: 0,
  EcoEn: 0,
  ChgPriority: 2,
  MaxChgCurrSet: 60,
  ChgCurrByLineSet: 30,
  MuteEn: 1,
  PresentTime: "2026-11-27T14:19:05",
  OnGridPFSet: 0.98,
  OnGridActivePowerSet: 0,
  BatType: 6,
  FloatVolt: 54.4,
  CvChgTimeSet: 120,
  BatSocLowAlarm: 15,
  BattFullSOC: 100,
  OnTimeChargeEn: 1,
  OnTimeDischgEn: 0,
  ChargeStartTime1: "02:30",
  ChargeEndTime1: "05:00",
  ChargeStartTime2: "22:45",
  ChargeEndTime2: "01:00",
  DischgStartTime1: "17:45",
  DischgEndTime1: "19:30",
  MachCode: 1285,
  ManufactureName: "ACME",
  HwVer_M1: 12,
  CpuBuildTime: "2026-03-14",
  BatChgEnergyToday: 6.4,
  PvGeneratEnergyTotal: 18432.7,
  FaultHistory: [{ code: 12, time: "2026-11-20T07:41:00", values: [] }],
};
const WRITES: Readonly<Record<string, number>> = { MaxChgCurrSet: 3, MuteEn: 100, ChargeStartTime1: 2 };

export function registersOf(now: number): Registers {
  const readAt = (seconds: number): string => new Date(now - seconds * 1000).toISOString();
  const windowTimes = new Set(fixture.windows.flatMap(({ start, end }) => [start, end]));
  const ages: Readonly<Record<string, number>> = { fast: 4, settings: 40, counters: 20, statistics: 400 };
  const valueOf = ({ symbol, access, group, tier }: RegisterRow): RegisterValue => {
    const isRead = access !== "W" && group === null;
    return {
      value: isRead ? (VALUES[symbol] ?? (windowTimes.has(symbol) ? "00:00" : null)) : null,
      read_at: isRead ? readAt(symbol === "Temper1" ? 900 : (ages[tier] ?? 3600)) : null,
      changed_at: null,
      error: symbol === "Temper1" ? "no_response" : null,
      writes_today: WRITES[symbol] ?? 0,
      pending: symbol === "CvChgTimeSet",
    };
  };
  return {
    table: TABLE,
    windows: fixture.windows as readonly RegisterWindow[],
    write_limit: 100,
    values: Object.fromEntries(TABLE.map((row) => [row.symbol, valueOf(row)])),
    read_at: { fast: readAt(4), settings: readAt(40), counters: readAt(20), statistics: readAt(400), identity: null },
  };
}

export type HealthScene = "good" | "bad" | "viewer";

export function healthOf(now: number, scene: HealthScene = "good"): Health {
  const at = (seconds: number): string => new Date(now + seconds * 1000).toISOString();
  const poll = (tiers: string[], interval: number, age: number, success = true): Poll => ({
    tiers,
    interval,
    success,
    read_at: at(-age),
    seconds: 0.912,
    failed: {},
  });
  const isBad = scene === "bad";
  const quality = { days: 14, mean_absolute_error: 1.21, bias: 0.6, hourly_error: 0.31 };
  const whole: Health = {
    line: {
      connected: true,
      responding: !isBad,
      wrong_device: false,
      requests: 81_204,
      responses: 81_198,
      errors: isBad ? { no_response: 6_200 } : { no_response: 6 },
      turnaround_p50: 0.068,
      turnaround_p99: 0.142,
      queue_wait_p99: 0.21,
      bus_load: 0.183,
      writes: 9,
      late_responses: 0,
      foreign_frames: 0,
      reconnects: 1,
    },
    polls: {
      readings: poll(["fast"], 10, isBad ? 340 : 4),
      settings: poll(["settings"], 60, 40),
      statistics: poll(["statistics"], 900, 400),
      rejected_values: {},
      unsupported: [],
      writes_today: 9,
      frequently_written: {},
      write_limit: 100,
    },
    prices: {
      working: true,
      freshness: isBad ? "late" : "fresh",
      known_until: isBad ? "2026-11-27T23:00:00+00:00" : "2026-11-28T23:00:00+00:00",
      status: "ok",
      last_success: at(-4_620),
      seconds: 1.4,
      success_rate: 0.98,
      failures: 0,
      next_fetch: { at: at(81_000) },
    },
    fetches: [
      { at: at(-9_000), source: "entsoe", outcome: "not_published", seconds: 0.8 },
      { at: at(-4_620), source: "entsoe", outcome: "ok", seconds: 1.4 },
    ],
    forecast: {
      pv: { ...quality, relative_error: 0.17, relative_bias: 0.06 },
      load: { ...quality, relative_error: 0.09, relative_bias: -0.01 },
    },
    database: { working: true, kind: "sqlite", last: "2026-11-27T13:00:00+00:00", pending: 0 },
    issues: isBad
      ? [
          { key: "silent_line", severity: "error", placeholders: { entry: "Cellar" }, ignored: false },
          { key: "tomorrow_missing", severity: "warning", placeholders: { entry: "Cellar" }, ignored: false },
          { key: "write_limit", severity: "warning", placeholders: { entry: "Cellar" }, ignored: true },
        ]
      : [],
  };
  return scene === "viewer" ? summaryOf(whole) : whole;
}

/** What users who are no administrators get. */
function summaryOf({ line, prices, forecast, issues }: Health): Health {
  const { connected, responding, wrong_device } = line;
  return {
    line: { connected, responding, wrong_device },
    prices: prices && {
      working: prices.working,
      freshness: prices.freshness,
      known_until: prices.known_until,
      status: prices.status,
    },
    forecast,
    database: { working: true },
    issues: issues.map(({ key, severity }) => ({ key, severity })),
  };
}

/** The reports that the action nattery.get_ledger returns; nothing is booked before March. */
export function ledgerRows(query: LedgerQuery, now: number, zone: Zone): LedgerRow[] {
  const days = zone.daysIn(Date.parse(query.start), Math.min(Date.parse(query.end), now));
  const rows = days.map((day) => dayRow(day, now, zone));
  if (query.period === "day") return rows;
  const months = [...new Set(days.map((day) => day.slice(0, 7)))];
  return months.map((month) => {
    const own = rows.filter((_, index) => days[index]?.startsWith(month));
    const booked = own.filter(({ cost }) => cost !== null);
    const total = (name: keyof LedgerRow): number | null =>
      booked.length === 0 ? null : booked.reduce((sum, row) => sum + Number(row[name]), 0);
    return {
      start: own[0]?.start ?? "",
      end: own.at(-1)?.end ?? "",
      currency: booked.length > 0 ? "EUR" : null,
      coverage: booked.length / own.length,
      priced_coverage: booked.length / own.length,
      cost: total("cost"),
      no_battery_cost: total("no_battery_cost"),
      self_consumption_cost: total("self_consumption_cost"),
      saved_over_no_battery: total("saved_over_no_battery"),
      saved_over_self_consumption: total("saved_over_self_consumption"),
    };
  });
}

function dayRow(day: string, now: number, zone: Zone): LedgerRow {
  const [start, end] = [zone.startOf(day), zone.startOf(addDays(day, 1))];
  const number = Math.round(Date.parse(`${day}T00:00:00Z`) / 86_400_000);
  const chance = (seed: number): number => Math.abs(Math.sin((number + seed) * 12.9898) * 43758.5453) % 1;
  const isBooked = day >= "2026-03-09" && day !== "2026-11-11";
  const share = Math.min(1, (now - start) / (end - start));
  const isLoss = number % 17 === 5;
  const saved = isLoss ? -0.32 : share * (0.5 + 2.4 * chance(1));
  const byPlanning = isLoss ? -0.45 : share * (0.1 + 0.9 * chance(2) - (number % 7 === 3 ? 0.4 : 0));
  const noBattery = 2.1 + 2 * chance(3);
  const round = (value: number): number => Math.round(value * 1e4) / 1e4;
  const coverage = isBooked ? (day === "2026-11-19" ? 0.8 : share) : 0;
  return {
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
    currency: isBooked ? "EUR" : null,
    coverage,
    priced_coverage: coverage,
    cost: isBooked ? round(noBattery - saved) : null,
    no_battery_cost: isBooked ? round(noBattery) : null,
    self_consumption_cost: isBooked ? round(noBattery - saved + byPlanning) : null,
    saved_over_no_battery: isBooked ? round(saved) : null,
    saved_over_self_consumption: isBooked ? round(byPlanning) : null,
  };
}

export const REPORT: BacktestReport = {
  currency: "EUR",
  start: "2026-10-27T23:00:00+00:00",
  end: "2026-11-26T23:00:00+00:00",
  quarters: 2_832,
  coverage: 0.98,
  actual: 38.42,
  no_battery: 92.1,
  self_consumption: 51.7,
  daily_plan: 40.2,
  closed_loop: 35.22,
  perfect_forecast: 33.9,
};

export function backtestOf(state: BacktestStatus["state"]): BacktestStatus {
  const isRunning = state === "running";
  return {
    state,
    progress: isRunning ? 0.42 : Number(state === "done"),
    seconds_left: isRunning ? 12 : null,
    request: state === "idle" ? null : { capacity: 15 },
    result: state === "done" ? REPORT : null,
    error:
      state === "failed"
        ? { key: "backtest_too_little", values: { quarters: "12", least: "96" }, message: "Too little." }
        : null,
    finished_at: isRunning || state === "idle" ? null : "2026-11-27T09:12:00+00:00",
  };
}
