/** The backtest: what is asked of it, and its result in words. Pure. */
import type { BacktestReport, BacktestRequest, BacktestStatus, SiteLimits } from "../../data/api";
import type { Home } from "../../data/home";
import type { TextKey } from "../../i18n/words";
import { addDays } from "../../i18n/zone";

/** What can be entered: texts of numbers; empty is as it is. */
export type FieldName = "capacity" | "charge" | "discharge" | "battery_price" | "peak_price";

export interface Field {
  readonly name: FieldName;
  readonly text: TextKey;
  readonly unit: string;
  readonly low: number;
  readonly high: number;
}

export interface BacktestForm {
  readonly texts: Readonly<Partial<Record<FieldName, string>>>;
  readonly days: number;
}

/** The way in which the battery could have been run, and what it would have cost. */
export interface Way {
  readonly text: TextKey;
  readonly cost: number;
}

export const SPANS = [7, 30, 90, 365];
const DEFAULT_DAYS = 30;
const QUARTERS_A_DAY = 96;
const CENT = 0.005;
const ENOUGH = 0.95;

export function fieldsOf(currency: string): Field[] {
  return [
    { name: "capacity", text: "screen_backtest_capacity", unit: "kWh", low: 0.1, high: 1000 },
    { name: "charge", text: "screen_backtest_charge", unit: "kW", low: 0.1, high: 100 },
    { name: "discharge", text: "screen_backtest_discharge", unit: "kW", low: 0.1, high: 100 },
    { name: "battery_price", text: "screen_backtest_battery_price", unit: currency, low: 0, high: 1_000_000 },
    { name: "peak_price", text: "screen_backtest_peak_price", unit: `${currency}/kW`, low: 0, high: 10_000 },
  ];
}

/** Return what is set up, as the fields show it; empty where it is not known. */
export function presentText(name: FieldName, limits: SiteLimits | null): string {
  if (!limits) return "";
  const present: Partial<Record<FieldName, number>> = {
    capacity: limits.capacity_kwh,
    charge: limits.charge_w / 1000,
    discharge: limits.discharge_w / 1000,
  };
  return String(present[name] ?? "");
}

/** Return the number of a text, undefined for an empty one, null for one that cannot be. */
export function numberOf({ low, high }: Field, text: string): number | null | undefined {
  const trimmed = text.trim().replace(",", ".");
  if (trimmed === "") return undefined;
  const value = Number(trimmed);
  return Number.isFinite(value) && value >= low && value <= high ? value : null;
}

/** Return the request of a form: only what differs from the set-up; undefined while an entry cannot be. */
export function requestOf(
  form: BacktestForm,
  fields: readonly Field[],
  limits: SiteLimits | null,
  home: Home,
  now: number,
): BacktestRequest | undefined {
  const request: Record<string, number | string> = {};
  for (const field of fields) {
    const text = form.texts[field.name] ?? "";
    const value = numberOf(field, text);
    if (value === null) return undefined;
    if (value !== undefined && String(value) !== presentText(field.name, limits)) request[field.name] = value;
  }
  if (form.days !== DEFAULT_DAYS) {
    const { zone } = home.formats;
    const today = zone.dayOf(now);
    request["start"] = new Date(zone.startOf(addDays(today, -form.days))).toISOString();
    request["end"] = new Date(zone.startOf(today)).toISOString();
  }
  return request;
}

/** Return the result in a sentence: "With 15 kWh you would have saved €3.20 more in these 30 days." */
export function resultText(home: Home, request: BacktestRequest, report: BacktestReport): string {
  const more = report.actual - report.closed_loop;
  const days = Math.max(1, Math.round(report.quarters / QUARTERS_A_DAY));
  const values = {
    sum: home.formats.money(more, report.currency),
    days: home.formats.number(days),
    what: changesText(home, request, report.currency),
  };
  return home.text(
    RESULTS[values.what ? "changed" : "own"][Math.abs(more) < CENT ? "same" : more > 0 ? "more" : "less"],
    values,
  );
}

const RESULTS: Readonly<Record<"changed" | "own", Readonly<Record<"more" | "less" | "same", TextKey>>>> = {
  changed: { more: "screen_backtest_more", less: "screen_backtest_less", same: "screen_backtest_same" },
  own: { more: "screen_backtest_own_more", less: "screen_backtest_own_less", same: "screen_backtest_own_same" },
};

/** Return what was tried, such as "15 kWh and charging with 6 kW"; empty if it is the home's own battery. */
export function changesText(home: Home, request: BacktestRequest, currency: string): string {
  const { formats } = home;
  const { capacity, charge, discharge, battery_price: price, peak_price: peak } = request;
  const power = (text: TextKey, kw: number | undefined): string | undefined =>
    kw === undefined ? undefined : home.text(text, { power: formats.power(kw) });
  const money = (text: TextKey, amount: number | undefined): string | undefined =>
    amount === undefined ? undefined : home.text(text, { sum: formats.money(amount, currency) });
  const changes = [
    capacity === undefined ? undefined : formats.energy(capacity),
    power("screen_backtest_with_charge", charge),
    power("screen_backtest_with_discharge", discharge),
    money("screen_backtest_with_price", price),
    money("screen_backtest_with_peak", peak),
  ];
  return formats.list(changes.filter((one) => one !== undefined));
}

/** Return what each way would have cost, the dearest first. */
export function waysOf(report: BacktestReport): Way[] {
  const ways: Way[] = [
    { text: "screen_baseline_none", cost: report.no_battery },
    { text: "screen_way_self_consumption", cost: report.self_consumption },
    { text: "screen_way_daily_plan", cost: report.daily_plan },
    { text: "screen_way_closed_loop", cost: report.closed_loop },
    { text: "screen_way_perfect_forecast", cost: report.perfect_forecast },
    { text: "screen_baseline_real", cost: report.actual },
  ];
  return ways.sort((one, other) => other.cost - one.cost);
}

/** Return whether so much of the period is missing that it must be said. */
export function isIncomplete({ coverage }: BacktestReport): boolean {
  return coverage < ENOUGH;
}

/** Return how far a running backtest is: "42 % · 12 s left". */
export function progressText(home: Home, { progress, seconds_left: left }: BacktestStatus): string {
  const share = home.formats.percent(progress);
  if (left === null) return share;
  const isLong = left > 90;
  const count = home.formats.number(isLong ? Math.round(left / 60) : left);
  return `${share} · ${home.text(isLong ? "screen_minutes_left" : "screen_seconds_left", { count })}`;
}
