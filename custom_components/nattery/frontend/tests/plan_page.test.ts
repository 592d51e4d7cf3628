import { describe, expect, it } from "vitest";
import { spanOf, timelineOf, type Slot, type Timeline } from "../src/cards/plan/model";
import { isDay } from "../src/i18n/zone";
import { comparisonOf, missingOf, pricesOf, queryWith, rangeOf, rowOf, rowsOf } from "../src/panel/plan/model";
import { House, type Scene } from "./house";

const HOUR = 3_600_000;

function shown(day: string, scene: Scene = "plain"): { timeline: Timeline; house: House } {
  const house = new House({ scene });
  const span = spanOf({ day }, house.now, house.zone, null);
  return { house, timeline: timelineOf(span, house.now, house.plan, [house.day(day)]) };
}

const BLANK: Slot = {
  start: 0,
  end: HOUR,
  isBooked: false,
  action: null,
  plannedAction: null,
  importPrice: null,
  exportPrice: null,
  spotPrice: null,
  socEnd: null,
  plannedSoc: null,
  batteryKw: null,
  gridKw: null,
  pvKw: null,
  loadKw: null,
  plannedPvKw: null,
  plannedLoadKw: null,
  marginalValue: null,
  cost: null,
  plannedCost: null,
  override: null,
  reason: null,
};

const blankTimeline = (slots: readonly Slot[], end = HOUR): Timeline => ({
  start: 0,
  end,
  slots,
  runs: [],
  unknownFrom: null,
});

describe("the address", () => {
  it("asks for a day or a range, and for nothing that there is not", () => {
    const range = (query: string) => rangeOf(new URLSearchParams(query));
    expect(range("day=2026-11-20")).toEqual({ day: "2026-11-20" });
    expect(range("range=tomorrow")).toBe("tomorrow");
    for (const query of ["", "day=", "day=2026-02-30", "day=<b>", "day=99999-01-01", "range=week", "range=__proto__"]) {
      expect(range(query)).toBeUndefined();
    }
    expect(range("day=nonsense&range=24h")).toBe("24h");
  });

  it("keeps what else stands in it", () => {
    expect(queryWith("?entry=a&day=2026-11-20", "today")).toBe("entry=a&range=today");
    expect(queryWith("?entry=a&range=today", { day: "2026-11-20" })).toBe("entry=a&day=2026-11-20");
  });

  it("knows which texts are days", () => {
    expect(["1999-12-31", "2028-02-29"].every(isDay)).toBe(true);
    expect(["2027-02-29", "2026-13-01", "0001-01-01", "9999-12-31", "2026-1-1"].some(isDay)).toBe(false);
  });
});

describe("the rows of the table", () => {
  it("cover every slot once, and part where the booked time ends", () => {
    const { timeline, house } = shown("2026-11-27");
    const rows = rowsOf(timeline);
    expect(rows[0]?.first).toBe(0);
    expect(rows.at(-1)?.last).toBe(timeline.slots.length - 1);
    rows.slice(1).forEach((row, index) => {
      expect(row.first).toBe((rows[index]?.last ?? 0) + 1);
    });
    const split = rows.find((row) => !row.isBooked);
    expect(split?.start).toBe(Math.floor(house.now / 900_000) * 900_000);
  });

  it("have energies, prices, and what was planned", () => {
    const { timeline } = shown("2026-11-26");
    const [row] = rowsOf(timeline);
    expect(row).toMatchObject({ isBooked: true, action: "hold", plannedAction: "hold", spotLow: null });
    expect(row?.loadKwh).toBeGreaterThan(0);
    expect(row?.plannedLoadKwh).toBeGreaterThan(0);
    expect(row?.plannedSoc).toBeGreaterThan(0);
  });

  it("tell no common plan where there were several, and nothing of slots without values", () => {
    const slots: Slot[] = [
      { ...BLANK, action: "hold", plannedAction: "hold", spotPrice: 0.1 },
      { ...BLANK, start: HOUR, end: 2 * HOUR, action: "hold", plannedAction: "charge", spotPrice: 0.3 },
    ];
    expect(rowOf(slots, 0, 1)).toMatchObject({ plannedAction: null, spotLow: 0.1, spotHigh: 0.3, pvKwh: null });
    expect(rowOf([BLANK], 0, 0)).toMatchObject({ plannedAction: null, plannedCost: null });
    expect(rowOf([], 0, 0)).toBeUndefined();
    expect(rowsOf({ slots: [] })).toEqual([]);
  });

  it("bear 3 000 slots", () => {
    const slots = Array.from({ length: 3000 }, (_, index): Slot => {
      const action = index % 2 ? "charge" : "hold";
      return { ...BLANK, start: index * HOUR, end: (index + 1) * HOUR, action, importPrice: 1e9, cost: 1e9 };
    });
    const rows = rowsOf({ slots });
    expect(rows).toHaveLength(3000);
    expect(rows[2999]?.cost).toBe(1e9);
  });
});

describe("planned beside booked", () => {
  it("sums the time in which both are known", () => {
    const { timeline, house } = shown("2026-11-26");
    const comparison = comparisonOf(timeline, house.now);
    expect(comparison).toMatchObject({ bookedHours: 24, pastHours: 24, cost: null });
    expect(comparison.pv?.planned).toBeGreaterThan(0);
    expect(comparison.pv?.came).not.toBe(comparison.pv?.planned);
    expect(comparison.soc?.planned).toBeGreaterThan(0);
  });

  it("compares money, and no SOC that was not planned", () => {
    const booked = { ...BLANK, isBooked: true, cost: 0.3, plannedCost: 0.2, socEnd: 0.5 };
    const slots = [booked, { ...booked, start: HOUR, end: 2 * HOUR, plannedCost: null }];
    const comparison = comparisonOf(blankTimeline(slots, 2 * HOUR), 2 * HOUR);
    expect(comparison.cost).toEqual({ planned: 0.2, came: 0.3 });
    expect(comparison.soc).toBeNull();
    expect(comparisonOf(blankTimeline([]), 0)).toMatchObject({ cost: null, bookedHours: 0, pastHours: 0 });
  });
});

describe("the parts of prices", () => {
  it("are those of the lowest and highest slot, and their means", () => {
    const slots: Slot[] = [
      { ...BLANK, importPrice: 0.3, exportPrice: 0.08, spotPrice: 0.1 },
      { ...BLANK, start: HOUR, end: 2 * HOUR, importPrice: 0.1, exportPrice: null, spotPrice: -0.1 },
      { ...BLANK, start: 2 * HOUR, end: 3 * HOUR },
    ];
    const prices = pricesOf({ slots });
    expect(prices?.lowest).toMatchObject({ at: HOUR, spot: -0.1, importPrice: 0.1, exportPrice: null });
    expect(prices?.highest).toMatchObject({ at: 0, importPrice: 0.3 });
    expect(prices?.highest.added).toBeCloseTo(0.2);
    expect(prices?.mean.importPrice).toBeCloseTo(0.2);
    expect(prices?.mean.exportPrice).toBeCloseTo(0.08);
  });

  it("tell what they know without the price of the exchange, and nothing without prices", () => {
    const prices = pricesOf({ slots: [{ ...BLANK, importPrice: 0.3 }] });
    expect(prices?.mean).toMatchObject({ spot: null, added: null, exportPrice: null });
    expect(pricesOf({ slots: [BLANK] })).toBeUndefined();
  });
});

describe("what is missing", () => {
  const missing = ({ timeline, house }: ReturnType<typeof shown>) => missingOf(timeline, house.now, house.zone);

  it("is nothing on a day that is booked and planned", () => {
    expect(missing(shown("2026-11-26"))).toEqual([]);
    expect(missing(shown("2026-11-27"))).toEqual([]);
    expect(missing(shown("2026-11-28"))).toEqual([]);
  });

  it("are prices and a plan of a day to come", () => {
    const { house } = shown("2026-11-27", "unknown");
    const span = spanOf({ day: "2026-11-30" }, house.now, house.zone, null);
    expect(missingOf(timelineOf(span, house.now, house.plan, []), house.now, house.zone)).toEqual(["prices"]);
    const priced = { ...BLANK, start: span.start, end: span.start + HOUR, importPrice: 0.1 };
    const timeline = { ...span, slots: [priced], runs: [], unknownFrom: null };
    expect(missingOf(timeline, house.now, house.zone)).toEqual(["some_prices", "plan"]);
  });

  it("is what came on a day before the first booking, or a part of it, or its plan", () => {
    const { house } = shown("2026-11-27");
    const span = spanOf({ day: "2026-11-20" }, house.now, house.zone, null);
    const at = (slot: Partial<Slot>): Timeline => ({
      ...span,
      slots: [{ ...BLANK, ...span, importPrice: 0.1, ...slot }],
      runs: [],
      unknownFrom: null,
    });
    expect(missingOf(at({}), house.now, house.zone)).toEqual(["booked"]);
    expect(missingOf(at({ isBooked: true }), house.now, house.zone)).toEqual(["plan_of_day"]);
    const half = at({ isBooked: true, plannedAction: "hold", end: span.start + 12 * HOUR });
    expect(missingOf(half, house.now, house.zone)).toEqual(["some_prices", "some_booked"]);
  });
});
