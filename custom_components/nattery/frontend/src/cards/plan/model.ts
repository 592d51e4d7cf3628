/** What the plan card shows, joined by instant from the plan and the days that were booked. Pure. */
import type { ActionKind, Day, DayColumns, PlanPicture, PlanSlots, Reason } from "../../data/api";
import { addDays, type Zone } from "../../i18n/zone";

export const QUARTER_MS = 900_000;
const HOUR_MS = 3_600_000;
const MOST_SLOTS = 3_000;
const ACTIONS: readonly string[] = ["self_consume", "hold", "charge", "discharge"];

/** A slot, past or planned. Powers are kW, energies of the battery at the end of the slot a share of 0 to 1. */
export interface Slot {
  readonly start: number;
  readonly end: number;
  /** Whether it was booked, so that what happened is known. */
  readonly isBooked: boolean;
  readonly action: ActionKind | null;
  /** What the plan of that time wanted, where it was booked or the plan is known. */
  readonly plannedAction: ActionKind | null;
  readonly importPrice: number | null;
  readonly exportPrice: number | null;
  readonly spotPrice: number | null;
  readonly socEnd: number | null;
  readonly plannedSoc: number | null;
  /** Power of the battery: positive while it charges. */
  readonly batteryKw: number | null;
  /** Power of the grid: positive while the house takes from it. */
  readonly gridKw: number | null;
  readonly pvKw: number | null;
  readonly loadKw: number | null;
  readonly plannedPvKw: number | null;
  readonly plannedLoadKw: number | null;
  readonly marginalValue: number | null;
  readonly cost: number | null;
  readonly plannedCost: number | null;
  readonly override: string | null;
  readonly reason: Reason | null;
}

export interface Run {
  readonly action: ActionKind;
  readonly override: string | null;
  readonly start: number;
  readonly end: number;
  /** Indices of its first and last slot. */
  readonly first: number;
  readonly last: number;
}

export interface Timeline {
  readonly start: number;
  readonly end: number;
  readonly slots: readonly Slot[];
  readonly runs: readonly Run[];
  /** From when on no price is known, within the range. */
  readonly unknownFrom: number | null;
}

export type RangeName = "24h" | "today" | "tomorrow" | "all";

/** A range by its name, or the day that it is. */
export type Range = RangeName | { readonly day: string };

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Return the span of time that a range covers now. */
export function spanOf(range: Range, now: number, zone: Zone, planEnd: number | null): Span {
  const today = zone.dayOf(now);
  if (typeof range === "object") return { start: zone.startOf(range.day), end: zone.endOf(range.day) };
  switch (range) {
    case "24h": {
      const hour = Math.floor(now / HOUR_MS) * HOUR_MS;
      return { start: hour - 3 * HOUR_MS, end: hour + 21 * HOUR_MS };
    }
    case "today":
      return { start: zone.startOf(today), end: zone.endOf(today) };
    case "tomorrow":
      return { start: zone.endOf(today), end: zone.endOf(addDays(today, 1)) };
    case "all": {
      const most = zone.endOf(addDays(today, 2));
      return { start: zone.startOf(today), end: Math.min(most, Math.max(planEnd ?? 0, zone.endOf(today))) };
    }
  }
}

/** Return the days of a span whose booked quarters are needed: those that have begun. */
export function daysNeeded(span: Span, now: number, zone: Zone, range: Range): string[] {
  if (typeof range === "object") return [range.day];
  return zone.daysIn(span.start, Math.min(span.end, now + 1));
}

/** Return when the plan ends, null without one. */
export function endOfPlan(plan: PlanPicture | null | undefined): number | null {
  const last = number(plan?.slots.end?.at(-1));
  return last === null ? null : last * 1000;
}

/** Join the plan with the booked days over a span of time. */
export function timelineOf(
  span: Span,
  now: number,
  plan: PlanPicture | null | undefined,
  days: readonly (Day | null | undefined)[],
): Timeline {
  const planned = plan ? slotsOfPlan(plan.slots) : [];
  const byStart = new Map<number, Slot>();
  for (const day of days) {
    for (const slot of day ? slotsOfDay(day) : []) byStart.set(slot.start, slot);
  }
  for (const slot of planned) {
    const known = byStart.get(slot.start);
    if (!known?.isBooked) byStart.set(slot.start, known ? withPlan(known, slot) : slot);
  }
  const sorted = [...byStart.values()].sort((one, other) => one.start - other.start);
  const slots: Slot[] = [];
  let end = -Infinity;
  for (const slot of sorted) {
    if (slot.end <= span.start || slot.start >= span.end || slot.start < end) continue;
    end = slot.end;
    slots.push(slot);
  }
  return { ...span, slots, runs: runsOf(slots), unknownFrom: unknownFrom(slots, span, now) };
}

/** Return the index of the slot that holds an instant, -1 where there is none. */
export function indexAt(slots: readonly Slot[], instant: number): number {
  let low = 0;
  let high = slots.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const slot = slots[middle];
    if (!slot) return -1;
    if (instant < slot.start) high = middle - 1;
    else if (instant >= slot.end) low = middle + 1;
    else return middle;
  }
  return -1;
}

/** Return the index of the slot nearest to an instant, -1 without slots. */
export function nearestIndex(slots: readonly Slot[], instant: number): number {
  const found = indexAt(slots, instant);
  if (found >= 0) return found;
  let best = -1;
  let distance = Infinity;
  slots.forEach((slot, index) => {
    const away = instant < slot.start ? slot.start - instant : instant - slot.end;
    if (away < distance) [best, distance] = [index, away];
  });
  return best;
}

/** Indices of the first and last chosen slot. */
export interface Selection {
  readonly first: number;
  readonly last: number;
}

/** Return the slot of now as a selection, undefined where it is not shown. */
export function presentOf({ slots }: Pick<Timeline, "slots">, now: number): Selection | undefined {
  const index = indexAt(slots, now);
  return index < 0 ? undefined : { first: index, last: index };
}

/** Several slots as one: means of prices and powers, sums of money. */
export interface Summary {
  readonly start: number;
  readonly end: number;
  readonly count: number;
  readonly hours: number;
  readonly isBooked: boolean;
  /** The action if all slots have the same. */
  readonly action: ActionKind | null;
  readonly overrides: readonly string[];
  readonly importLow: number | null;
  readonly importHigh: number | null;
  readonly exportLow: number | null;
  readonly exportHigh: number | null;
  readonly socEnd: number | null;
  readonly batteryKw: number | null;
  readonly gridKw: number | null;
  readonly marginalValue: number | null;
  readonly cost: number | null;
  readonly reason: Reason | null;
}

/** Return a summary of the slots from one index to another, undefined where there are none. */
export function summaryOf(slots: readonly Slot[], first: number, last: number): Summary | undefined {
  const chosen = slots.slice(Math.max(0, first), last + 1);
  const head = chosen[0];
  const tail = chosen.at(-1);
  if (!head || !tail) return undefined;
  const imports = known(chosen.map((slot) => slot.importPrice));
  const exports = known(chosen.map((slot) => slot.exportPrice));
  const costs = known(chosen.map((slot) => slot.cost));
  const overrides = new Set(chosen.map((slot) => slot.override).filter((id) => id !== null));
  const isSame = chosen.every((slot) => slot.action === head.action);
  return {
    start: head.start,
    end: tail.end,
    count: chosen.length,
    hours: chosen.reduce((sum, slot) => sum + slot.end - slot.start, 0) / HOUR_MS,
    isBooked: chosen.every((slot) => slot.isBooked),
    action: isSame ? head.action : null,
    overrides: [...overrides],
    importLow: least(imports),
    importHigh: most(imports),
    exportLow: least(exports),
    exportHigh: most(exports),
    socEnd: tail.socEnd ?? tail.plannedSoc,
    batteryKw: mean(chosen.map((slot) => slot.batteryKw)),
    gridKw: mean(chosen.map((slot) => slot.gridKw)),
    marginalValue: tail.marginalValue,
    cost: costs.length > 0 ? costs.reduce((sum, one) => sum + one, 0) : null,
    reason: chosen.length === 1 || isSame ? head.reason : null,
  };
}

function slotsOfPlan(columns: PlanSlots): Slot[] {
  const slots: Slot[] = [];
  const { start: starts = [], end: ends = [] } = columns;
  const count = Math.min(starts.length, MOST_SLOTS);
  for (let i = 0; i < count; i++) {
    const start = number(starts[i]);
    const end = number(ends[i]);
    if (start === null || end === null || end <= start) continue;
    const charge = number(columns.charge_kw?.[i]);
    const discharge = number(columns.discharge_kw?.[i]);
    slots.push({
      start: start * 1000,
      end: end * 1000,
      isBooked: false,
      action: action(columns.action?.[i]),
      plannedAction: action(columns.action?.[i]),
      importPrice: number(columns.import_price?.[i]),
      exportPrice: number(columns.export_price?.[i]),
      spotPrice: number(columns.spot_price?.[i]),
      socEnd: null,
      plannedSoc: number(columns.soc_end?.[i]),
      batteryKw: difference(charge, discharge),
      gridKw: number(columns.grid_kw?.[i]),
      pvKw: null,
      loadKw: null,
      plannedPvKw: number(columns.pv_kw?.[i]),
      plannedLoadKw: number(columns.load_kw?.[i]),
      marginalValue: number(columns.marginal_value?.[i]),
      cost: number(columns.cost?.[i]),
      plannedCost: number(columns.cost?.[i]),
      override: columns.override?.[i] ?? null,
      reason: columns.reason?.[i] ?? null,
    });
  }
  return slots;
}

function slotsOfDay(day: Day): Slot[] {
  const { columns } = day;
  const dayEnd = Date.parse(day.end);
  const slots: Slot[] = [];
  const count = Math.min(columns.start.length, MOST_SLOTS);
  for (let i = 0; i < count; i++) {
    const seconds = number(columns.start[i]);
    if (seconds === null) continue;
    const start = seconds * 1000;
    const next = number(columns.start[i + 1]);
    const end = Math.min(next === null ? start + QUARTER_MS : next * 1000, dayEnd || Infinity);
    if (end > start) slots.push(slotOfDay(columns, i, start, end));
  }
  return slots;
}

function slotOfDay(columns: DayColumns, i: number, start: number, end: number): Slot {
  const kw = (energy: number | null): number | null => (energy === null ? null : (energy * HOUR_MS) / (end - start));
  const grid = difference(number(columns.import_kwh?.[i]), number(columns.export_kwh?.[i]));
  const plannedGrid = number(columns.planned_grid_kwh?.[i]);
  const done = action(columns.action?.[i]);
  const planned = action(columns.planned_action?.[i]);
  const plannedCost = number(columns.planned_cost?.[i]);
  const isBooked = grid !== null || number(columns.soc?.[i]) !== null;
  return {
    start,
    end,
    isBooked,
    action: done ?? planned,
    plannedAction: planned,
    importPrice: number(columns.import_price?.[i]),
    exportPrice: number(columns.export_price?.[i]),
    spotPrice: number(columns.spot_price?.[i]),
    socEnd: number(columns.soc?.[i]),
    plannedSoc: number(columns.planned_soc?.[i]),
    batteryKw: isBooked
      ? kw(difference(number(columns.charge_kwh?.[i]), number(columns.discharge_kwh?.[i])))
      : number(columns.planned_power_kw?.[i]),
    gridKw: kw(isBooked ? grid : plannedGrid),
    pvKw: kw(number(columns.pv_kwh?.[i])),
    loadKw: kw(number(columns.load_kwh?.[i])),
    plannedPvKw: kw(number(columns.forecast_pv_kwh?.[i])),
    plannedLoadKw: kw(number(columns.forecast_load_kwh?.[i])),
    marginalValue: null,
    cost: isBooked ? number(columns.cost?.[i]) : plannedCost,
    plannedCost,
    override: null,
    reason: columns.reason?.[i] ?? null,
  };
}

/** Return the plan's slot with what the day knows besides. */
function withPlan(day: Slot, plan: Slot): Slot {
  return {
    ...plan,
    importPrice: plan.importPrice ?? day.importPrice,
    exportPrice: plan.exportPrice ?? day.exportPrice,
    spotPrice: plan.spotPrice ?? day.spotPrice,
    plannedPvKw: plan.plannedPvKw ?? day.plannedPvKw,
    plannedLoadKw: plan.plannedLoadKw ?? day.plannedLoadKw,
  };
}

function runsOf(slots: readonly Slot[]): Run[] {
  const runs: Run[] = [];
  slots.forEach((slot, index) => {
    if (slot.action === null) return;
    const before = runs.at(-1);
    if (before?.action === slot.action && before.override === slot.override && before.end === slot.start) {
      runs[runs.length - 1] = { ...before, end: slot.end, last: index };
    } else {
      const { action, override, start, end } = slot as Slot & { action: ActionKind };
      runs.push({ action, override, start, end, first: index, last: index });
    }
  });
  return runs;
}

function unknownFrom(slots: readonly Slot[], span: Span, now: number): number | null {
  const priced = slots.filter((slot) => slot.importPrice !== null);
  const from = Math.max(priced.at(-1)?.end ?? span.start, span.start);
  return from < span.end && span.end > now ? from : null;
}

function action(value: unknown): ActionKind | null {
  return typeof value === "string" && ACTIONS.includes(value) ? (value as ActionKind) : null;
}

/** Return a finite number, null for anything else. */
function number(value: number | null | undefined): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function difference(one: number | null, other: number | null): number | null {
  return one === null && other === null ? null : (one ?? 0) - (other ?? 0);
}

const known = (values: readonly (number | null)[]): number[] => values.filter((value) => value !== null);
const least = (values: readonly number[]): number | null => (values.length > 0 ? Math.min(...values) : null);
const most = (values: readonly number[]): number | null => (values.length > 0 ? Math.max(...values) : null);

function mean(values: readonly (number | null)[]): number | null {
  const all = known(values);
  return all.length > 0 ? all.reduce((sum, one) => sum + one, 0) / all.length : null;
}
