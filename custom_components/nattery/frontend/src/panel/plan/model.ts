/** What the page of the plan shows beside the chart: rows of a table, and what was planned beside what came. Pure. */
import type { ActionKind } from "../../data/api";
import { isDay, type Zone } from "../../i18n/zone";
import { summaryOf, type Range, type RangeName, type Slot, type Summary, type Timeline } from "../../cards/plan/model";

const HOUR_MS = 3_600_000;
const RANGES: readonly string[] = ["24h", "today", "tomorrow", "all"] satisfies RangeName[];
const COMPLETE = 0.95;

/** Slots that follow each other with the same action, all booked or all planned. Energies are kWh. */
export interface PlanRow extends Summary {
  /** Indices of its first and last slot. */
  readonly first: number;
  readonly last: number;
  readonly plannedAction: ActionKind | null;
  readonly spotLow: number | null;
  readonly spotHigh: number | null;
  readonly plannedSoc: number | null;
  readonly plannedCost: number | null;
  readonly pvKwh: number | null;
  readonly loadKwh: number | null;
  readonly plannedPvKwh: number | null;
  readonly plannedLoadKwh: number | null;
}

/** A sum as it was planned and as it came, over the slots in which both are known. */
export interface Pair {
  readonly planned: number;
  readonly came: number;
}

export interface Comparison {
  readonly cost: Pair | null;
  readonly pv: Pair | null;
  readonly load: Pair | null;
  /** The state of charge at the end of the last booked slot. */
  readonly soc: Pair | null;
  readonly bookedHours: number;
  readonly pastHours: number;
}

/** What an import price is made of. */
export interface PriceParts {
  readonly at: number | null;
  readonly spot: number | null;
  readonly added: number | null;
  readonly importPrice: number;
  readonly exportPrice: number | null;
}

export interface PriceSummary {
  readonly lowest: PriceParts;
  readonly mean: PriceParts;
  readonly highest: PriceParts;
}

/** A reason why something is not shown, for `screen_missing_<name>`. */
export type Missing = "prices" | "some_prices" | "booked" | "plan_of_day" | "plan" | "some_booked";

/** Return the range that an address asks for; nothing where it asks for none that there is. */
export function rangeOf(query: URLSearchParams): Range | undefined {
  const day = query.get("day");
  if (day !== null && isDay(day)) return { day };
  const range = query.get("range");
  return range !== null && RANGES.includes(range) ? (range as RangeName) : undefined;
}

/** Return an address's query with another range. */
export function queryWith(query: string, range: Range): string {
  const changed = new URLSearchParams(query);
  changed.delete("day");
  changed.delete("range");
  if (typeof range === "object") changed.set("day", range.day);
  else changed.set("range", range);
  return changed.toString();
}

/** Return the rows of the table. */
export function rowsOf({ slots }: Pick<Timeline, "slots">): PlanRow[] {
  const rows: PlanRow[] = [];
  let first = 0;
  slots.forEach((slot, index) => {
    const next = slots[index + 1];
    if (next && belongs(next, slot)) return;
    const row = rowOf(slots, first, index);
    if (row) rows.push(row);
    first = index + 1;
  });
  return rows;
}

/** Return a row of the slots from one index to another. */
export function rowOf(slots: readonly Slot[], first: number, last: number): PlanRow | undefined {
  const summary = summaryOf(slots, first, last);
  if (!summary) return undefined;
  const chosen = slots.slice(first, last + 1);
  const spots = known(chosen.map((slot) => slot.spotPrice));
  return {
    ...summary,
    first,
    last,
    plannedAction: chosen.map((slot) => slot.plannedAction).reduce((one, other) => (one === other ? one : null)),
    spotLow: spots.length > 0 ? Math.min(...spots) : null,
    spotHigh: spots.length > 0 ? Math.max(...spots) : null,
    plannedSoc: chosen.at(-1)?.plannedSoc ?? null,
    plannedCost: sum(chosen.map((slot) => slot.plannedCost)),
    pvKwh: energy(chosen, (slot) => slot.pvKw),
    loadKwh: energy(chosen, (slot) => slot.loadKw),
    plannedPvKwh: energy(chosen, (slot) => slot.plannedPvKw),
    plannedLoadKwh: energy(chosen, (slot) => slot.plannedLoadKw),
  };
}

/** Compare what was planned with what came. */
export function comparisonOf({ slots, start, end }: Timeline, now: number): Comparison {
  const booked = slots.filter((slot) => slot.isBooked);
  const pair = (planned: (slot: Slot) => number | null, came: (slot: Slot) => number | null): Pair | null => {
    const both = booked.filter((slot) => planned(slot) !== null && came(slot) !== null);
    return both.length > 0 ? { planned: total(both.map(planned)), came: total(both.map(came)) } : null;
  };
  const kwh = (pick: (slot: Slot) => number | null) => (slot: Slot) => energy([slot], pick);
  const last = booked.at(-1);
  return {
    cost: pair(
      (slot) => slot.plannedCost,
      (slot) => slot.cost,
    ),
    pv: pair(
      kwh((slot) => slot.plannedPvKw),
      kwh((slot) => slot.pvKw),
    ),
    load: pair(
      kwh((slot) => slot.plannedLoadKw),
      kwh((slot) => slot.loadKw),
    ),
    soc: last?.socEnd == null || last.plannedSoc === null ? null : { planned: last.plannedSoc, came: last.socEnd },
    bookedHours: hours(booked),
    pastHours: Math.max(0, Math.min(end, now) - start) / HOUR_MS,
  };
}

/** Return the lowest, the mean and the highest import price with their parts; undefined where no price is known. */
export function pricesOf({ slots }: Pick<Timeline, "slots">): PriceSummary | undefined {
  const parts = slots.flatMap((slot) => (slot.importPrice === null ? [] : [partsOf(slot, slot.importPrice)]));
  const [first] = parts;
  if (!first) return undefined;
  const mean = (pick: (one: PriceParts) => number | null): number | null => {
    const values = known(parts.map(pick));
    return values.length > 0 ? total(values) / values.length : null;
  };
  const best = (isBetter: (one: PriceParts, than: PriceParts) => boolean): PriceParts =>
    parts.reduce((found, one) => (isBetter(one, found) ? one : found), first);
  return {
    lowest: best((one, than) => one.importPrice < than.importPrice),
    mean: {
      at: null,
      spot: mean((one) => one.spot),
      added: mean((one) => one.added),
      importPrice: total(parts.map((one) => one.importPrice)) / parts.length,
      exportPrice: mean((one) => one.exportPrice),
    },
    highest: best((one, than) => one.importPrice > than.importPrice),
  };
}

/** Return what is not known of the time shown, the most important first. */
export function missingOf(timeline: Timeline, now: number, zone: Zone): Missing[] {
  const { slots, start, end } = timeline;
  const missing: Missing[] = [];
  const priced = slots.filter((slot) => slot.importPrice !== null);
  const isPast = end <= now;
  if (priced.length === 0) missing.push("prices");
  else if (hours(priced) < ((end - start) / HOUR_MS) * COMPLETE) missing.push("some_prices");
  const comparison = comparisonOf(timeline, now);
  const hasPast = zone.dayOf(start) < zone.dayOf(now) || comparison.pastHours > 1;
  if (hasPast && comparison.bookedHours === 0) missing.push("booked");
  else if (comparison.bookedHours < (comparison.pastHours - 0.5) * COMPLETE) missing.push("some_booked");
  const isPlanned = slots.some((slot) => slot.plannedAction !== null);
  if (!isPlanned && (isPast ? comparison.bookedHours > 0 : priced.length > 0)) {
    missing.push(isPast ? "plan_of_day" : "plan");
  }
  return missing;
}

function belongs(next: Slot, slot: Slot): boolean {
  return (
    next.action === slot.action &&
    next.override === slot.override &&
    next.isBooked === slot.isBooked &&
    next.start === slot.end
  );
}

function partsOf({ start, spotPrice, exportPrice }: Slot, importPrice: number): PriceParts {
  const added = spotPrice === null ? null : importPrice - spotPrice;
  return { at: start, spot: spotPrice, added, importPrice, exportPrice };
}

function energy(slots: readonly Slot[], kw: (slot: Slot) => number | null): number | null {
  return sum(
    slots.map((slot) => {
      const power = kw(slot);
      return power === null ? null : (power * (slot.end - slot.start)) / HOUR_MS;
    }),
  );
}

function hours(slots: readonly Slot[]): number {
  return slots.reduce((all, slot) => all + slot.end - slot.start, 0) / HOUR_MS;
}

const known = (values: readonly (number | null)[]): number[] => values.filter((value) => value !== null);

const total = (values: readonly (number | null)[]): number => known(values).reduce((all, one) => all + one, 0);

function sum(values: readonly (number | null)[]): number | null {
  return values.some((value) => value !== null) ? total(values) : null;
}
