import { describe, expect, it, vi } from "vitest";
import {
  batteryTicks,
  geometryOf,
  instantAt,
  memoised,
  niceStep,
  placeOf,
  socPath,
  type Geometry,
  type View,
} from "../src/cards/plan/geometry";
import { endOfPlan, spanOf, timelineOf, type Range } from "../src/cards/plan/model";
import { House, type HouseOptions } from "./house";

function drawn(options: HouseOptions = {}, range: Range = "all", change: Partial<View> = {}): Geometry {
  const house = new House(options);
  const span = spanOf(range, house.now, house.zone, endOfPlan(house.plan));
  const days = house.zone.daysIn(span.start, house.now).map((day) => house.day(day));
  return geometryOf({
    timeline: timelineOf(span, house.now, house.plan, days),
    now: house.now,
    width: 1000,
    zone: house.zone,
    perCurrency: 100,
    socMinimum: 0.12,
    wordWidth: (action) => action.length * 6,
    ...change,
  });
}

/** The numbers of a path, as pairs where it moves. */
const numbers = (path: string): number[] => (path.match(/-?\d+(\.\d+)?/g) ?? []).map(Number);

describe("the picture of a plan", () => {
  it("stays inside its frame", () => {
    for (const width of [0, 320, 390, 1000, 3840]) {
      const g = drawn({}, "all", { width });
      for (const path of [g.importLine, g.exportLine, g.socLine, g.socPlanned, g.pvArea, g.loadPlanned]) {
        expect(path).toMatch(/^M/);
        expect(Math.min(...numbers(path))).toBeGreaterThanOrEqual(0);
        expect(Math.max(...numbers(path))).toBeLessThanOrEqual(Math.max(g.right, g.height));
      }
      expect(g.left).toBeLessThan(g.right);
    }
  });

  it("marks what lies below zero, and only that", () => {
    const g = drawn();
    expect(g.negative).not.toBe("");
    expect(g.zero).toBeLessThan(g.prices.bottom);
    expect(drawn({}, "today").negative).toBe("");
    expect(drawn({}, "today").zero).toBe(g.prices.bottom);
  });

  it("draws now only where it is shown", () => {
    expect(drawn().now).toBeGreaterThan(100);
    expect(drawn({}, "tomorrow").now).toBeNull();
  });

  it("labels a bar with what fits, beside the line of now", () => {
    const wide = drawn({}, "24h", { width: 1400 }).bars;
    expect(wide.some((bar) => bar.label === "word")).toBe(true);
    const narrow = drawn({}, "all", { width: 320 }).bars;
    expect(new Set(narrow.map((bar) => bar.label)).has("none")).toBe(true);
    const g = drawn({}, "24h");
    const crossed = g.bars.find((bar) => bar.x < (g.now ?? 0) && (g.now ?? 0) < bar.x + bar.width);
    expect(crossed?.labelX).toBe(g.now);
    const all = drawn();
    const present = all.bars.find((bar) => bar.x < (all.now ?? 0) && (all.now ?? 0) < bar.x + bar.width);
    expect((present?.labelX ?? 0) + (present?.labelWidth ?? 0)).toBeCloseTo(all.now ?? 0);
    expect(g.bars.every((bar) => bar.width > 0)).toBe(true);
  });

  it("tells past and overridden bars", () => {
    const { bars } = drawn({ scene: "override" });
    expect(bars[0]?.isPast).toBe(true);
    expect(bars.filter((bar) => bar.override)).toHaveLength(1);
  });

  it("hatches time of which nothing is known", () => {
    const g = drawn({ scene: "unknown" }, "24h");
    expect(g.unknown?.x).toBeGreaterThan(g.left);
    expect((g.unknown?.x ?? 0) + (g.unknown?.width ?? 0)).toBeCloseTo(g.right);
    const empty = drawn({ scene: "unknown" }, "tomorrow");
    expect(empty.unknown).toMatchObject({ x: empty.left });
    expect(empty.importLine).toBe("");
  });

  it("has days and hours of the house's zone, over the change of the clock too", () => {
    for (const zone of ["Europe/Lisbon", "Europe/Berlin", "Europe/Helsinki"]) {
      const g = drawn({ zone, now: "2026-10-24T13:19:00Z" });
      expect(g.days).toHaveLength(2);
      expect(g.days[0]?.x).toBe(g.left);
      const [, second] = g.days;
      expect(second?.at).toBe(new House({ zone }).zone.startOf("2026-10-25"));
      // 24 hours and then 25: the second day is the longer one.
      expect((second?.width ?? 0) / (g.days[0]?.width ?? 1)).toBeCloseTo(25 / 24, 2);
      expect(g.hours.length).toBeGreaterThan(10);
    }
  });

  it("bears prices of 1e9 and slots without values", () => {
    const house = new House();
    const slot = { start: house.now, end: house.now + 900_000 };
    const nothing = {
      action: null,
      plannedAction: null,
      spotPrice: null,
      plannedCost: null,
      override: null,
      isBooked: false,
      reason: null,
      marginalValue: null,
      cost: null,
    };
    const blank = {
      ...nothing,
      importPrice: null,
      exportPrice: null,
      socEnd: null,
      plannedSoc: null,
      batteryKw: null,
      gridKw: null,
      pvKw: null,
      loadKw: null,
      plannedPvKw: null,
      plannedLoadKw: null,
    };
    const slots = [
      { ...blank, ...slot, importPrice: 1e9, pvKw: 1 },
      { ...blank, start: slot.end, end: slot.end + 900_000 },
      { ...blank, start: slot.end + 900_000, end: slot.end + 1_800_000, importPrice: -1e9, socEnd: 7, exportPrice: 1 },
    ];
    const timeline = { start: slot.start, end: slot.end + 1_800_000, slots, runs: [], unknownFrom: null };
    const g = drawn({}, "all", { timeline, socMinimum: null });
    expect(g.importLine.match(/M/g)).toHaveLength(2);
    expect(g.pvArea.match(/Z/g)).toHaveLength(1);
    expect(g.socMinimum).toBeNull();
    expect(numbers(g.socLine).at(-1)).toBe(g.battery.top);
    expect(g.priceTicks.length).toBeLessThan(8);
  });

  it("leaves out runs that are outside", () => {
    const house = new House();
    const timeline = {
      start: house.now,
      end: house.now + 900_000,
      slots: [],
      runs: [
        { action: "hold", override: null, start: house.now - 20, end: house.now - 10, first: 0, last: 0 } as const,
      ],
      unknownFrom: null,
    };
    expect(drawn({}, "all", { timeline }).bars).toEqual([]);
  });
});

describe("scales", () => {
  it("have round steps", () => {
    expect([0.03, 1, 1.2, 3, 7, 12, 5e8].map(niceStep)).toEqual([0.05, 1, 2, 5, 10, 20, 5e8]);
  });

  it("have three ticks for the battery", () => {
    expect(batteryTicks({ battery: { top: 0, bottom: 100 } }).map((tick) => tick.at)).toEqual([100, 50, 0]);
  });

  it("lead from places to instants and back", () => {
    const g = { left: 40, right: 140, start: 0, end: 1000 };
    expect([0, 40, 90, 500].map((x) => instantAt(g, x))).toEqual([0, 0, 500, 1000]);
    expect([-5, 250, 2000].map((at) => placeOf(g, at))).toEqual([40, 65, 140]);
  });
});

it("draws the state of charge of a what-if", () => {
  const g = drawn();
  const house = new House();
  const { start, soc } = house.whatIf("charge");
  expect(socPath(g, start, soc)).toMatch(/^M[\d. L]+$/);
  expect(socPath(g, start, [])).toBe("");
  expect(socPath(g, [start[0] ?? 0], [0.5])).toMatch(/^M/);
  expect(socPath(g, [0], [0.5])).toBe("");
});

it("computes once as long as nothing changes", () => {
  const compute = vi.fn((one: number, other: object) => ({ one, other }));
  const kept = memoised(compute);
  const value = {};
  const first = kept(1, value);
  expect(kept(1, value)).toBe(first);
  expect(kept(2, value)).not.toBe(first);
  expect(kept(2, {})).not.toBe(first);
  expect(compute).toHaveBeenCalledTimes(3);
});
