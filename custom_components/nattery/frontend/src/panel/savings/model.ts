/** Savings by month and day against both baselines, and what is expected. Pure. */
import type { PlanPicture } from "../../data/api";
import type { LedgerRow } from "../../data/ledger";
import { addDays, type Zone } from "../../i18n/zone";

/** A month or a day; money is null where nothing is booked. */
export interface SavingBar {
  /** Such as 2026-11 or 2026-11-27. */
  readonly key: string;
  readonly start: number;
  /** Saved over a house without a battery. */
  readonly saved: number | null;
  /** Saved over self-consumption: what planning adds. */
  readonly byPlanning: number | null;
  /** What planning is expected to save on the whole day, where that is not over. */
  readonly expected: number | null;
  readonly row: LedgerRow | undefined;
}

export interface Period {
  readonly start: number;
  readonly end: number;
}

const MONTHS = 12;
const FEWEST_MONTHS = 6; // that are shown, so that a bar has its width from the first day on
const ENOUGH = 0.95;
const HOUR_MS = 3_600_000;

/** Return the local month of an instant, such as 2026-11. */
export function monthOf(instant: number, zone: Zone): string {
  return zone.dayOf(instant).slice(0, 7);
}

/** Return a month so many months later. */
export function addMonths(month: string, count: number): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  const months = year * 12 + number - 1 + count;
  return `${String(Math.floor(months / 12)).padStart(4, "0")}-${String((months % 12) + 1).padStart(2, "0")}`;
}

/** Return the first instant of a month and of the next one. */
export function periodOf(month: string, zone: Zone): Period {
  return { start: zone.startOf(`${month}-01`), end: zone.startOf(`${addMonths(month, 1)}-01`) };
}

/** Return the period of the twelve months that end with the present one. */
export function yearOf(now: number, zone: Zone): Period {
  return { start: periodOf(addMonths(monthOf(now, zone), 1 - MONTHS), zone).start, end: now };
}

/** Return a bar for each of the last six to twelve months, as far back as anything is booked. */
export function monthBars(rows: readonly LedgerRow[], now: number, zone: Zone): SavingBar[] {
  const byMonth = new Map(rows.filter(isBooked).map((row) => [monthOf(Date.parse(row.start), zone), row]));
  const last = monthOf(now, zone);
  const months = Array.from({ length: MONTHS }, (_, index) => addMonths(last, index + 1 - MONTHS));
  const first = months.findIndex((month) => byMonth.has(month));
  return months
    .slice(first < 0 ? -FEWEST_MONTHS : Math.min(first, MONTHS - FEWEST_MONTHS))
    .map((month) => barOf(month, periodOf(month, zone).start, byMonth.get(month)));
}

/** Return a bar for each day of a month; today and tomorrow have what the plan expects. */
export function dayBars(
  rows: readonly LedgerRow[],
  month: string,
  now: number,
  zone: Zone,
  plan: PlanPicture | null | undefined,
): SavingBar[] {
  const byDay = new Map(rows.filter(isBooked).map((row) => [zone.dayOf(Date.parse(row.start)), row]));
  const today = zone.dayOf(now);
  const expected = new Map([
    [today, plan?.today?.saving ?? null],
    [addDays(today, 1), plan?.tomorrow?.saving ?? null],
  ]);
  const bars: SavingBar[] = [];
  for (let day = `${month}-01`; day.startsWith(month); day = addDays(day, 1)) {
    bars.push(barOf(day, zone.startOf(day), byDay.get(day), expected.get(day)));
  }
  return bars;
}

function barOf(key: string, start: number, row: LedgerRow | undefined, expected: number | null = null): SavingBar {
  return {
    key,
    start,
    saved: row?.saved_over_no_battery ?? null,
    byPlanning: row?.saved_over_self_consumption ?? null,
    expected,
    row,
  };
}

function isBooked(row: LedgerRow): boolean {
  return row.priced_coverage > 0 && row.saved_over_no_battery !== null;
}

export interface Hours {
  readonly counted: number;
  readonly all: number;
}

/** Return how many hours of a report count, if so many are missing that it must be said. */
export function missingHours(row: LedgerRow, now: number): Hours | undefined {
  const [start, end] = [Date.parse(row.start), Date.parse(row.end)];
  const all = (Math.min(end, now) - start) / HOUR_MS;
  const counted = (row.priced_coverage * (end - start)) / HOUR_MS;
  return all >= 1 && counted < all * ENOUGH ? { counted: Math.floor(counted), all: Math.round(all) } : undefined;
}
