import { describe, expect, it } from "vitest";
import { barsOf } from "../src/cards/savings/geometry";
import { daysOfMonth, isLoss, isPartial, monthOf, startOfMonth, totalOf } from "../src/cards/savings/model";
import { Zone } from "../src/i18n/zone";
import { House } from "./house";
import { daysOf, ledgerRow, monthsOf } from "./made_up_home";

const HOUR = 3_600_000;
const house = new House();
const { zone, now } = house;

describe("the savings of a month", () => {
  it("has every day of the month, and sums what is booked", () => {
    const rows = daysOf(house);
    const month = monthOf(rows, now, zone);
    expect(month.days).toHaveLength(30);
    expect(month.days[0]?.day).toBe("2026-11-01");
    expect(month.days.filter(({ isToday }) => isToday).map(({ day }) => day)).toEqual(["2026-11-27"]);
    expect(month.days.at(-1)?.saved).toBeNull();
    const sum = rows.reduce((total, row) => total + (row.saved_over_no_battery ?? 0), 0);
    expect(month.saved).toBeCloseTo(sum);
    expect(month.byPlanning).toBeCloseTo(sum * 0.29);
    expect(month.today).toBe(0.92);
    expect(month.currency).toBe("EUR");
    expect(month.costs?.noBattery).toBeCloseTo((month.costs?.cost ?? 0) + sum);
    expect(isPartial(month)).toBe(false);
  });

  it("says of how many hours it is if too many are missing", () => {
    const month = monthOf(daysOf(house, 0.9), now, zone);
    expect(isPartial(month)).toBe(true);
    expect(month.countedHours / month.hours).toBeCloseTo(0.9, 2);
  });

  it("counts from the first booked day, and not the first hour", () => {
    const start = zone.startOf("2026-11-25");
    const month = monthOf([ledgerRow(start, start + 24 * HOUR, 1)], start + 24 * HOUR, zone);
    expect(month.hours).toBe(24);
    const early = monthOf([ledgerRow(start, start + 24 * HOUR, 1, 0.01)], start + HOUR / 2, zone);
    expect(isPartial(early)).toBe(false);
  });

  it("knows nothing before anything is booked", () => {
    const empty = [ledgerRow(zone.startOf("2026-11-26"), zone.startOf("2026-11-27"), null)];
    expect(monthOf(empty, now, zone)).toMatchObject({
      saved: null,
      byPlanning: null,
      costs: null,
      today: null,
      hours: 0,
    });
    expect(totalOf(empty)).toBeNull();
  });

  it("begins at midnight of the house, also where the clock changes", () => {
    const lisbon = new Zone("Europe/Lisbon");
    const october = Date.parse("2026-10-30T12:00:00Z");
    expect(new Date(startOfMonth(october, lisbon)).toISOString()).toBe("2026-09-30T23:00:00.000Z");
    expect(daysOfMonth(october, lisbon)).toHaveLength(31);
    expect(daysOfMonth(Date.parse("2028-02-03T12:00:00Z"), lisbon)).toHaveLength(29);
  });

  it("takes what a report leaves out for nothing", () => {
    const start = zone.startOf("2026-11-25");
    const row = { ...ledgerRow(start, start + 24 * HOUR, 1), saved_over_self_consumption: null };
    expect(monthOf([row], now, zone)).toMatchObject({ saved: 1, byPlanning: 0 });
  });

  it("sums all months since the first booking", () => {
    const total = totalOf(monthsOf(house));
    expect(new Date(total?.since ?? 0).toISOString()).toBe("2026-02-28T23:00:00.000Z");
    expect(total?.saved).toBeCloseTo(9 * 35.4);
  });

  it("calls only what is worth a cent a loss", () => {
    expect([-0.004, -0.005, 0, 1].map(isLoss)).toEqual([false, true, false, false]);
  });
});

describe("the bars", () => {
  const days = [2, -1, null, 0.001].map((saved, index) => ({
    day: String(index),
    start: 0,
    saved,
    isToday: index === 3,
  }));

  it("stand on the zero line, and hang below it for a loss", () => {
    const { bars, zero, step } = barsOf(days, 400, 90);
    expect(step).toBe(100);
    expect(zero).toBeCloseTo(60);
    expect(bars[0]).toMatchObject({ y: 0, height: 60, isLoss: false });
    expect(bars[1]).toMatchObject({ y: 60, height: 30, isLoss: true });
    expect(bars[2]).toBeNull();
    expect(bars[3]).toMatchObject({ height: 2, isToday: true });
  });

  it("are none without days or savings", () => {
    expect(barsOf([], 400, 90).bars).toEqual([]);
    expect(barsOf([{ day: "x", start: 0, saved: 0, isToday: false }], 400, 90).bars[0]?.height).toBe(2);
  });
});
