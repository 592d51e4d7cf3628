/** Where everything of the plan's chart is drawn: pure, and kept as long as nothing of it changes. */
import type { ActionKind } from "../../data/api";
import type { Zone } from "../../i18n/zone";
import type { Slot, Timeline } from "./model";

export interface Lane {
  readonly top: number;
  readonly bottom: number;
}

export interface Tick {
  readonly at: number;
  readonly value: number;
}

export interface Bar {
  readonly action: ActionKind;
  readonly override: boolean;
  readonly x: number;
  readonly width: number;
  readonly isPast: boolean;
  /** The widest that fits: a sign and the word, the sign alone, or nothing but the colour. */
  readonly label: "word" | "sign" | "none";
  /** The part of the bar that the label has for itself. */
  readonly labelX: number;
  readonly labelWidth: number;
}

export interface Rectangle {
  readonly x: number;
  readonly width: number;
}

export interface Geometry {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly start: number;
  readonly end: number;
  readonly prices: Lane;
  readonly ribbon: Lane;
  readonly battery: Lane;
  readonly power: Lane;
  readonly zero: number;
  readonly priceTicks: readonly Tick[];
  readonly importLine: string;
  readonly importArea: string;
  readonly exportLine: string;
  readonly negative: string;
  readonly bars: readonly Bar[];
  readonly socLine: string;
  readonly socPlanned: string;
  readonly socMinimum: number | null;
  readonly powerTicks: readonly Tick[];
  readonly pvArea: string;
  readonly pvLine: string;
  readonly pvPlanned: string;
  readonly loadLine: string;
  readonly loadPlanned: string;
  readonly unknown: Rectangle | null;
  readonly hours: readonly Tick[];
  readonly days: readonly { readonly x: number; readonly at: number; readonly width: number }[];
  readonly now: number | null;
}

export interface View {
  readonly timeline: Timeline;
  readonly now: number;
  readonly width: number;
  readonly zone: Zone;
  /** How many units of the price's subunit make one of the currency. */
  readonly perCurrency: number;
  readonly socMinimum: number | null;
  /** How wide the word of an action is, about. */
  readonly wordWidth: (action: ActionKind) => number;
}

const SIGN_WIDTH = 14;
const WORD_MARGIN = 30;
const BATTERY_TICKS = [0, 50, 100];
export const RIBBON_HEIGHT = 24;

export function geometryOf(view: View): Geometry {
  const { timeline, width, now } = view;
  const isNarrow = width < 560;
  const left = isNarrow ? 34 : 40;
  const right = Math.max(left + 60, width - 8);
  const x = (instant: number): number =>
    round(left + ((instant - timeline.start) / (timeline.end - timeline.start)) * (right - left));
  const prices = { top: 40, bottom: isNarrow ? 168 : 184 };
  const ribbon = { top: prices.bottom + 8, bottom: prices.bottom + 8 + RIBBON_HEIGHT };
  const battery = { top: ribbon.bottom + 22, bottom: ribbon.bottom + 22 + (isNarrow ? 76 : 84) };
  const power = { top: battery.bottom + 26, bottom: battery.bottom + 26 + (isNarrow ? 64 : 72) };
  const { slots } = timeline;

  const priceScale = scaleOf(
    slots.flatMap((slot) => [slot.importPrice, slot.exportPrice]).map((price) => times(price, view.perCurrency)),
    prices,
    4,
  );
  const powerScale = scaleOf(
    slots.flatMap((slot) => [slot.pvKw, slot.loadKw, slot.plannedPvKw, slot.plannedLoadKw]),
    power,
    2,
  );
  const soc = (share: number): number => round(battery.bottom - clamp(share, 0, 1) * (battery.bottom - battery.top));
  const price = (pick: (slot: Slot) => number | null) => (slot: Slot) => {
    const value = times(pick(slot), view.perCurrency);
    return value === null ? null : priceScale.y(value);
  };
  const importY = price((slot) => slot.importPrice);
  const exportY = price((slot) => slot.exportPrice);
  const powerY = (pick: (slot: Slot) => number | null) => (slot: Slot) => {
    const value = pick(slot);
    return value === null ? null : powerScale.y(value);
  };
  const zero = priceScale.y(0);
  const pv = powerY((slot) => slot.pvKw);

  return {
    width,
    height: power.bottom + 24,
    left,
    right,
    start: timeline.start,
    end: timeline.end,
    prices,
    ribbon,
    battery,
    power,
    zero,
    priceTicks: priceScale.ticks,
    importLine: steps(slots, x, importY),
    importArea: area(slots, x, importY, zero),
    exportLine: steps(slots, x, exportY),
    negative: area(slots, x, lowest(importY, exportY, zero), zero),
    bars: barsOf(view, x),
    socLine: lineOf(slots, x, (slot) => (slot.socEnd === null ? null : soc(slot.socEnd))),
    socPlanned: lineOf(slots, x, (slot) => (slot.plannedSoc === null ? null : soc(slot.plannedSoc))),
    socMinimum: view.socMinimum === null ? null : soc(view.socMinimum),
    powerTicks: powerScale.ticks,
    pvArea: area(slots, x, pv, power.bottom),
    pvLine: steps(slots, x, pv),
    pvPlanned: steps(
      slots,
      x,
      powerY((slot) => slot.plannedPvKw),
    ),
    loadLine: steps(
      slots,
      x,
      powerY((slot) => slot.loadKw),
    ),
    loadPlanned: steps(
      slots,
      x,
      powerY((slot) => slot.plannedLoadKw),
    ),
    unknown:
      timeline.unknownFrom === null
        ? null
        : { x: x(timeline.unknownFrom), width: round(right - x(timeline.unknownFrom)) },
    hours: hoursOf(view, x, right - left),
    days: daysOf(view, x, right),
    now: now >= timeline.start && now < timeline.end ? x(now) : null,
  };
}

/** Return the ticks of the battery's lane. */
export function batteryTicks({ battery }: Pick<Geometry, "battery">): Tick[] {
  const height = battery.bottom - battery.top;
  return BATTERY_TICKS.map((value) => ({ value, at: round(battery.bottom - (value / 100) * height) }));
}

/** Return the instant at a horizontal place. */
export function instantAt(geometry: Pick<Geometry, "left" | "right" | "start" | "end">, x: number): number {
  const share = clamp((x - geometry.left) / (geometry.right - geometry.left), 0, 1);
  return geometry.start + share * (geometry.end - geometry.start);
}

/** Return the horizontal place of an instant. */
export function placeOf(geometry: Pick<Geometry, "left" | "right" | "start" | "end">, instant: number): number {
  const share = (instant - geometry.start) / (geometry.end - geometry.start);
  return round(geometry.left + clamp(share, 0, 1) * (geometry.right - geometry.left));
}

/** Return the path of a state of charge that a what-if computes: one value at the end of each slot. */
export function socPath(geometry: Geometry, starts: readonly number[], soc: readonly (number | null)[]): string {
  const height = geometry.battery.bottom - geometry.battery.top;
  const points: string[] = [];
  starts.forEach((start, index) => {
    const value = soc[index];
    const end = (starts[index + 1] ?? start + (start - (starts[index - 1] ?? start - 900))) * 1000;
    if (typeof value !== "number" || end < geometry.start || end > geometry.end) return;
    points.push(`${placeOf(geometry, end)} ${round(geometry.battery.bottom - clamp(value, 0, 1) * height)}`);
  });
  return points.length > 0 ? `M${points.join("L")}` : "";
}

/** Keep the last result of a function as long as its arguments are the same. */
export function memoised<A extends readonly unknown[], R>(compute: (...values: A) => R): (...values: A) => R {
  let last: { values: A; result: R } | undefined;
  return (...values) => {
    const isSame = last?.values.every((value, index) => Object.is(value, values[index])) ?? false;
    if (!last || !isSame) last = { values, result: compute(...values) };
    return last.result;
  };
}

interface Scale {
  readonly y: (value: number) => number;
  readonly ticks: readonly Tick[];
}

/** Return a scale from zero, or below it, to a round number above all values. */
function scaleOf(values: readonly (number | null)[], lane: Lane, about: number): Scale {
  const all = values.filter((value) => value !== null);
  const high = all.reduce((one, other) => Math.max(one, other), 0) || 1;
  const low = all.reduce((one, other) => Math.min(one, other), 0);
  const step = niceStep((high - low) / about);
  const top = Math.max(high * 1.04, step);
  const bottom = low < 0 ? low - (high - low) * 0.04 : 0;
  const y = (value: number): number =>
    round(lane.bottom - ((value - bottom) / (top - bottom)) * (lane.bottom - lane.top));
  const ticks: Tick[] = [];
  for (let n = Math.ceil(bottom / step); n * step <= top; n++) ticks.push({ value: n * step, at: y(n * step) });
  return { y, ticks };
}

/** Return a step of 1, 2 or 5 and zeros that is not smaller than wanted. */
export function niceStep(wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(wanted));
  return ([1, 2, 5].find((one) => one * power >= wanted * 0.999) ?? 10) * power || 1;
}

/** Return a path of steps; it is broken where a value is missing. */
function steps(slots: readonly Slot[], x: (at: number) => number, y: (slot: Slot) => number | null): string {
  let path = "";
  let end: number | undefined;
  for (const slot of slots) {
    const at = y(slot);
    if (at === null) {
      end = undefined;
      continue;
    }
    path += end === slot.start ? `V${at}` : `M${x(slot.start)} ${at}`;
    path += `H${x(slot.end)}`;
    end = slot.end;
  }
  return path;
}

/** Return the areas between steps and a base line. */
function area(
  slots: readonly Slot[],
  x: (at: number) => number,
  y: (slot: Slot) => number | null,
  base: number,
): string {
  let path = "";
  let end: number | undefined;
  for (const slot of slots) {
    const at = y(slot);
    if (end !== undefined && (at === null || slot.start !== end)) {
      path += `V${base}Z`;
      end = undefined;
    }
    if (at === null) continue;
    path += end === undefined ? `M${x(slot.start)} ${base}V${at}` : `V${at}`;
    path += `H${x(slot.end)}`;
    end = slot.end;
  }
  return end === undefined ? path : `${path}V${base}Z`;
}

/** Return the lower of two lines where it is below zero on the screen. */
function lowest(one: (slot: Slot) => number | null, other: (slot: Slot) => number | null, zero: number) {
  return (slot: Slot): number | null => {
    const y = Math.max(one(slot) ?? zero, other(slot) ?? zero);
    return y > zero ? y : null;
  };
}

/** Return a line through the values at the ends of slots. */
function lineOf(slots: readonly Slot[], x: (at: number) => number, y: (slot: Slot) => number | null): string {
  let path = "";
  let end: number | undefined;
  for (const slot of slots) {
    const at = y(slot);
    if (at === null) {
      end = undefined;
      continue;
    }
    path += `${end === slot.start ? "L" : "M"}${x(slot.end)} ${at}`;
    end = slot.end;
  }
  return path;
}

function barsOf({ timeline, now, wordWidth }: View, x: (at: number) => number): Bar[] {
  const line = x(now);
  return timeline.runs.flatMap((run): Bar[] => {
    const from = x(Math.max(run.start, timeline.start));
    const to = x(Math.min(run.end, timeline.end));
    if (to <= from) return [];
    // The label stands where the line of now does not cross it.
    const isCrossed = from < line && line < to;
    const isLeft = isCrossed && line - from >= to - line;
    const space = isCrossed ? { from: isLeft ? from : line, to: isLeft ? line : to } : { from, to };
    const width = round(space.to - space.from);
    const label = width >= wordWidth(run.action) + WORD_MARGIN ? "word" : width >= SIGN_WIDTH ? "sign" : "none";
    return [
      {
        action: run.action,
        override: run.override !== null,
        x: from,
        width: round(to - from),
        isPast: run.end <= now,
        label,
        labelX: space.from,
        labelWidth: width,
      },
    ];
  });
}

function hoursOf({ timeline, zone }: View, x: (at: number) => number, width: number): Tick[] {
  const hours = (timeline.end - timeline.start) / 3_600_000;
  const step = [1, 2, 3, 4, 6, 12, 24].find((one) => (width / hours) * one >= 44) ?? 24;
  return zone.hours(timeline.start, timeline.end - 1, step).map((value) => ({ value, at: x(value) }));
}

function daysOf({ timeline, zone }: View, x: (at: number) => number, right: number): Geometry["days"] {
  const days = zone.daysIn(timeline.start, timeline.end).map((day) => Math.max(timeline.start, zone.startOf(day)));
  return days.map((at, index) => {
    const from = x(at);
    const next = days[index + 1];
    return { x: from, at, width: (next === undefined ? right : x(next)) - from };
  });
}

function times(value: number | null, factor: number): number | null {
  return value === null ? null : value * factor;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
