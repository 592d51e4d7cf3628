import { describe, expect, it } from "vitest";
import type { Day, PlanPicture } from "../src/data/api";
import {
  daysNeeded,
  endOfPlan,
  indexAt,
  nearestIndex,
  presentOf,
  spanOf,
  summaryOf,
  timelineOf,
  type Slot,
  type Timeline,
} from "../src/cards/plan/model";
import { Zone } from "../src/i18n/zone";
import { House, type HouseOptions } from "./house";

const QUARTER = 900_000;
const HOUR = 4 * QUARTER;

function shown(options: HouseOptions = {}, range: Parameters<typeof spanOf>[0] = "all"): Timeline & { house: House } {
  const house = new House(options);
  const plan = house.plan;
  const span = spanOf(range, house.now, house.zone, endOfPlan(plan));
  const days = daysNeeded(span, house.now, house.zone, range).map((day) => house.day(day));
  return { ...timelineOf(span, house.now, plan, days), house };
}

const plan = (change: Partial<PlanPicture["slots"]> = {}): PlanPicture => {
  const made = new House().plan;
  if (!made) throw new Error("no plan");
  return { ...made, slots: { ...made.slots, ...change } };
};

describe("ranges", () => {
  const zone = new Zone("Europe/Berlin");
  const now = Date.parse("2026-10-24T13:19:00Z");
  const hours = (range: Parameters<typeof spanOf>[0], planEnd: number | null = null): number => {
    const span = spanOf(range, now, zone, planEnd);
    return (span.end - span.start) / HOUR;
  };

  it("cut days where the house does, also when the clock changes", () => {
    expect(hours("24h")).toBe(24);
    expect(hours("today")).toBe(24);
    expect(hours("tomorrow")).toBe(25);
    expect(hours({ day: "2026-03-29" })).toBe(23);
    expect(hours("all")).toBe(24);
    expect(hours("all", zone.endOf("2026-10-25"))).toBe(49);
    expect(hours("all", now + 1000 * HOUR)).toBe(73);
  });

  it("need the days that have begun", () => {
    expect(daysNeeded(spanOf("all", now, zone, null), now, zone, "all")).toEqual(["2026-10-24"]);
    expect(daysNeeded(spanOf("24h", now - 14 * HOUR, zone, null), now - 14 * HOUR, zone, "24h")).toEqual([
      "2026-10-23",
      "2026-10-24",
    ]);
    expect(daysNeeded(spanOf("tomorrow", now, zone, null), now, zone, "tomorrow")).toEqual(["2026-10-25"].slice(1));
    const day = { day: "2026-01-01" };
    expect(daysNeeded(spanOf(day, now, zone, null), now, zone, day)).toEqual(["2026-01-01"]);
  });
});

describe("the timeline", () => {
  it("joins what came with what is planned, without a gap", () => {
    const { slots, house, unknownFrom, start, end } = shown();
    expect(slots).toHaveLength(192);
    expect(slots.every((slot, index) => index === 0 || slots[index - 1]?.end === slot.start)).toBe(true);
    expect([slots[0]?.start, slots.at(-1)?.end]).toEqual([start, end]);
    const booked = slots.filter((slot) => slot.isBooked);
    expect(booked).toHaveLength(57);
    expect(booked.every((slot) => slot.end <= house.now && slot.socEnd !== null && slot.pvKw !== null)).toBe(true);
    const planned = slots.filter((slot) => !slot.isBooked);
    expect(planned.every((slot) => slot.socEnd === null && slot.plannedSoc !== null && slot.cost !== null)).toBe(true);
    expect(planned.every((slot) => slot.pvKw === null && slot.plannedPvKw !== null)).toBe(true);
    expect(unknownFrom).toBeNull();
  });

  it.each([
    ["2026-03-28T13:19:00Z", 92],
    ["2026-10-24T13:19:00Z", 100],
  ])("has a tomorrow of the right length at %s", (now, count) => {
    for (const zone of ["Europe/Berlin", "Europe/Lisbon", "Europe/Helsinki"]) {
      expect(shown({ now, zone }, "tomorrow").slots).toHaveLength(count);
    }
  });

  it("gathers equal actions into runs, and keeps overrides apart", () => {
    const plainly = shown().runs.map((run) => run.action);
    expect(plainly.slice(0, 5)).toEqual(["hold", "charge", "self_consume", "discharge", "self_consume"]);
    const { runs, slots } = shown({ scene: "override" });
    const mine = runs.filter((run) => run.override !== null);
    expect(mine).toHaveLength(1);
    expect(mine[0]).toMatchObject({ action: "hold", override: "one" });
    expect((mine[0]?.end ?? 0) - (mine[0]?.start ?? 0)).toBe(2 * HOUR);
    expect(slots[mine[0]?.first ?? -1]?.override).toBe("one");
    const next = runs[runs.findIndex((run) => run.override !== null) + 1];
    expect(next?.start).toBe(mine[0]?.end);
  });

  it("knows from when on nothing is known", () => {
    const { unknownFrom, house, slots } = shown({ scene: "unknown" }, "24h");
    expect(unknownFrom).toBe(house.zone.endOf(house.today));
    expect(slots.at(-1)?.end).toBe(unknownFrom);
    expect(shown({ scene: "unknown" }, "tomorrow")).toMatchObject({ slots: [], runs: [] });
    expect(shown({}, { day: "2026-11-20" }).unknownFrom).toBeNull();
  });

  it("shows a day that has passed", () => {
    const { slots } = shown({}, { day: "2026-11-20" });
    expect(slots).toHaveLength(96);
    expect(slots.every((slot) => slot.isBooked && slot.override === null)).toBe(true);
  });

  it("bears having no plan and no days", () => {
    const span = { start: 0, end: HOUR };
    expect(timelineOf(span, 0, null, [null, undefined])).toEqual({ ...span, slots: [], runs: [], unknownFrom: 0 });
    expect(timelineOf(span, HOUR, undefined, []).unknownFrom).toBeNull();
    const empty: PlanPicture = { ...plan(), slots: {} };
    expect(timelineOf(span, 0, empty, []).slots).toEqual([]);
    expect(endOfPlan(empty)).toBeNull();
    expect(endOfPlan(null)).toBeNull();
    expect(endOfPlan(plan({ end: [] }))).toBeNull();
  });

  it("takes nonsense for what is not known", () => {
    const [start = 0] = plan().slots.start ?? [];
    const odd = plan({
      start: [start, start, start + 450, NaN, start + 1800, start + 2700],
      end: [start + 900, start + 900, start + 1350, start, start + 1800, start + 3600],
      action: ["charge", "hold", "hold", "hold", "hold", "dance" as "hold"],
      import_price: [NaN, 1, 1, 1, 1, 1e9],
      charge_kw: [Infinity],
      discharge_kw: [],
      override: [],
      reason: [],
    });
    const span = { start: start * 1000, end: start * 1000 + HOUR };
    const timeline = timelineOf(span, span.start, odd, []);
    expect(timeline.slots).toHaveLength(2);
    expect(timeline.slots[1]).toMatchObject({ action: null, importPrice: 1e9, batteryKw: null, override: null });
    expect(timeline.runs).toHaveLength(1);
  });

  it("stays with a plan of another version, which lacks columns", () => {
    const { start = [], end = [], action = [] } = plan().slots;
    const bare: PlanPicture = { ...plan(), slots: { start, end, action } };
    const span = { start: (start[0] ?? 0) * 1000, end: (end.at(-1) ?? 0) * 1000 };
    const timeline = timelineOf(span, span.start, bare, []);
    expect(timeline.slots).toHaveLength(start.length);
    expect(timeline.unknownFrom).toBe(span.start);
  });

  it("draws no more than 3000 slots", () => {
    const count = 4000;
    const many = plan({
      start: Array.from({ length: count }, (_, index) => index * 900),
      end: Array.from({ length: count }, (_, index) => (index + 1) * 900),
      action: Array.from({ length: count }, () => "hold" as const),
    });
    expect(timelineOf({ start: 0, end: count * QUARTER }, 0, many, []).slots).toHaveLength(3000);
  });

  it("fills the plan's slots with the prices of the day, and shows prices without a plan", () => {
    const house = new House();
    const day = house.day(house.today);
    const span = spanOf("today", house.now, house.zone, null);
    const { import_price: _, export_price: __, pv_kw: ___, load_kw: ____, ...rest } = plan().slots;
    const filled = timelineOf(span, house.now, { ...plan(), slots: rest }, [day]).slots.at(-1);
    expect(filled?.importPrice).toBe(day.columns.import_price?.at(-1));
    expect(filled?.plannedLoadKw).toBeCloseTo((day.columns.forecast_load_kwh?.at(-1) ?? 0) * 4);
    const alone = timelineOf(span, house.now, null, [day]).slots.at(-1);
    expect(alone).toMatchObject({ isBooked: false, action: null, cost: null });
  });

  it("bears a day with nothing in it", () => {
    const day: Day = { ...new House().day("2026-11-27"), end: "never", columns: { start: [0, NaN, 900] } };
    const { slots } = timelineOf({ start: 0, end: HOUR }, 0, null, [day]);
    expect(slots.map((slot) => slot.end)).toEqual([QUARTER, 2 * QUARTER]);
    expect(slots[0]).toMatchObject({ isBooked: false, action: null, gridKw: null, reason: null });
  });
});

describe("finding slots", () => {
  const slots = [0, 1, 3].map((n) => ({ start: n * 10, end: n * 10 + 10 }) as Slot);

  it("by an instant", () => {
    expect([-1, 0, 9, 10, 20, 29, 30, 39, 40].map((at) => indexAt(slots, at))).toEqual([-1, 0, 0, 1, -1, -1, 2, 2, -1]);
    expect([-5, 22, 28, 100].map((at) => nearestIndex(slots, at))).toEqual([0, 1, 2, 2]);
    expect(presentOf({ slots }, 5)).toEqual({ first: 0, last: 0 });
    expect(presentOf({ slots }, 25)).toBeUndefined();
    expect(nearestIndex([], 5)).toBe(-1);
    expect(nearestIndex(slots, 5)).toBe(0);
  });
});

describe("a summary", () => {
  it("of one slot is the slot", () => {
    const { slots } = shown();
    const one = summaryOf(slots, 100, 100);
    expect(one).toMatchObject({ count: 1, hours: 0.25, importLow: slots[100]?.importPrice, cost: slots[100]?.cost });
    expect(one?.reason).toBe(slots[100]?.reason);
  });

  it("of several has ranges, means and sums", () => {
    const { slots, runs } = shown({ scene: "override" });
    const mine = runs.find((run) => run.override !== null);
    const same = summaryOf(slots, mine?.first ?? 0, mine?.last ?? 0);
    expect(same).toMatchObject({ count: 8, hours: 2, action: "hold", overrides: ["one"], isBooked: false });
    expect(same?.importLow).toBeLessThan(same?.importHigh ?? 0);
    const mixed = summaryOf(slots, 0, 191);
    expect(mixed).toMatchObject({ action: null, reason: null, hours: 48 });
    expect(mixed?.cost).toBeCloseTo(slots.reduce((sum, slot) => sum + (slot.cost ?? 0), 0));
  });

  it("of nothing is nothing", () => {
    expect(summaryOf([], 0, 0)).toBeUndefined();
    const empty = { start: 0, end: QUARTER, action: null, override: null, isBooked: false } as unknown as Slot;
    const unknown = { ...empty, importPrice: null, exportPrice: null, cost: null, batteryKw: null, gridKw: null };
    expect(summaryOf([unknown], 0, 0)).toMatchObject({ importLow: null, exportHigh: null, cost: null, gridKw: null });
  });
});
