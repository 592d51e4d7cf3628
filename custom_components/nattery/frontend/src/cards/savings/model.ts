/** The savings of a month by day, and of all time. Pure. */
import type { LedgerRow } from "../../data/ledger";
import { addDays, type Zone } from "../../i18n/zone";

/** A day of the month; money is null where nothing is booked. */
export interface DaySaving {
  readonly day: string;
  readonly start: number;
  readonly saved: number | null;
  readonly isToday: boolean;
}

/** What a span has cost, and would have cost otherwise. */
export interface Costs {
  readonly cost: number;
  readonly noBattery: number;
  readonly selfUse: number;
}

export interface MonthSavings {
  readonly start: number;
  readonly days: readonly DaySaving[];
  /** Saved over a house without a battery; null before anything is booked. */
  readonly saved: number | null;
  /** What planning adds to self-use. */
  readonly byPlanning: number | null;
  readonly costs: Costs | null;
  readonly today: number | null;
  readonly currency: string | null;
  /** Hours since the first booking of the month, and how many of them count. */
  readonly hours: number;
  readonly countedHours: number;
}

export interface TotalSavings {
  readonly since: number;
  readonly saved: number;
}

const HOUR_MS = 3_600_000;
const QUARTER_MS = 900_000;
const ENOUGH = 0.95;
const CENT = 0.005;

/** Return the first instant of the local month of an instant. */
export function startOfMonth(now: number, zone: Zone): number {
  return zone.startOf(`${zone.dayOf(now).slice(0, 7)}-01`);
}

/** Return the local days of the month of an instant. */
export function daysOfMonth(now: number, zone: Zone): string[] {
  const month = zone.dayOf(now).slice(0, 7);
  const days: string[] = [];
  for (let day = `${month}-01`; day.startsWith(month); day = addDays(day, 1)) days.push(day);
  return days;
}

/** Join the reports of days with the days of the present month. */
export function monthOf(rows: readonly LedgerRow[], now: number, zone: Zone): MonthSavings {
  const byDay = new Map(rows.filter(isBooked).map((row) => [zone.dayOf(Date.parse(row.start)), row]));
  const today = zone.dayOf(now);
  const days = daysOfMonth(now, zone).map((day) => ({
    day,
    start: zone.startOf(day),
    saved: byDay.get(day)?.saved_over_no_battery ?? null,
    isToday: day === today,
  }));
  const booked = days.flatMap(({ day }) => byDay.get(day) ?? []);
  return {
    start: startOfMonth(now, zone),
    days,
    saved: sum(booked, "saved_over_no_battery"),
    byPlanning: sum(booked, "saved_over_self_consumption"),
    costs: costsOf(booked),
    today: byDay.get(today)?.saved_over_no_battery ?? null,
    currency: booked.at(-1)?.currency ?? null,
    ...hoursOf(booked, now),
  };
}

/** Return what all months have saved, null if nothing is booked. */
export function totalOf(months: readonly LedgerRow[]): TotalSavings | null {
  const booked = months.filter(isBooked);
  const [first] = booked;
  if (!first) return null;
  return { since: Date.parse(first.start), saved: sum(booked, "saved_over_no_battery") ?? 0 };
}

/** Return whether so much of the time is missing that it must be said. */
export function isPartial({ hours, countedHours }: MonthSavings): boolean {
  return hours >= 1 && countedHours < hours * ENOUGH;
}

/** Return whether a sum is a loss that is worth a word. */
export function isLoss(amount: number): boolean {
  return amount <= -CENT;
}

function isBooked(row: LedgerRow): boolean {
  return row.priced_coverage > 0 && row.saved_over_no_battery !== null;
}

type MoneyName =
  "cost" | "no_battery_cost" | "self_consumption_cost" | "saved_over_no_battery" | "saved_over_self_consumption";

function sum(rows: readonly LedgerRow[], name: MoneyName): number | null {
  return rows.length === 0 ? null : rows.reduce((total, row) => total + (row[name] ?? 0), 0);
}

function costsOf(rows: readonly LedgerRow[]): Costs | null {
  const [cost, noBattery, selfUse] = [
    sum(rows, "cost"),
    sum(rows, "no_battery_cost"),
    sum(rows, "self_consumption_cost"),
  ];
  return cost === null || noBattery === null || selfUse === null ? null : { cost, noBattery, selfUse };
}

/** Count from the first booked day, so that a battery that came during the month misses nothing. */
function hoursOf(booked: readonly LedgerRow[], now: number): { hours: number; countedHours: number } {
  const [first] = booked;
  if (!first) return { hours: 0, countedHours: 0 };
  const until = Math.floor(now / QUARTER_MS) * QUARTER_MS;
  const counted = booked.reduce(
    (ms, row) => ms + row.priced_coverage * (Date.parse(row.end) - Date.parse(row.start)),
    0,
  );
  return { hours: (until - Date.parse(first.start)) / HOUR_MS, countedHours: counted / HOUR_MS };
}
