import { describe, expect, it } from "vitest";
import { addDays, daysBetween, Zone } from "../src/i18n/zone";

const HOUR = 3_600_000;
const hours = (zone: Zone, day: string): number => (zone.endOf(day) - zone.startOf(day)) / HOUR;

describe("days of a zone", () => {
  it.each([
    ["Europe/Berlin", "2026-03-29", 23],
    ["Europe/Berlin", "2026-10-25", 25],
    ["Europe/Lisbon", "2026-03-29", 23],
    ["Europe/Helsinki", "2026-10-25", 25],
    ["Europe/Helsinki", "2026-11-27", 24],
    ["America/Santiago", "2026-09-06", 23], // the clock skips midnight
    ["Australia/Lord_Howe", "2026-10-04", 23.5],
    ["Asia/Kathmandu", "2026-11-27", 24],
  ])("%s has on %s %d hours", (name, day, length) => {
    const zone = new Zone(name);
    expect(hours(zone, day)).toBe(length);
    expect(zone.dayOf(zone.startOf(day))).toBe(day);
    expect(zone.dayOf(zone.startOf(day) - 1)).toBe(addDays(day, -1));
  });

  it("begins where the zone does, not where the browser is", () => {
    expect(new Zone("Europe/Lisbon").startOf("2026-11-27")).toBe(Date.parse("2026-11-27T00:00:00Z"));
    expect(new Zone("Europe/Helsinki").startOf("2026-11-27")).toBe(Date.parse("2026-11-26T22:00:00Z"));
  });

  it("takes UTC for a zone that the browser does not know", () => {
    expect(new Zone("Mars/Olympus").name).toBe("UTC");
  });

  it("lists the days of a span", () => {
    const zone = new Zone("Europe/Berlin");
    expect(zone.daysIn(zone.startOf("2026-10-24"), zone.endOf("2026-10-25"))).toEqual(["2026-10-24", "2026-10-25"]);
    expect(zone.daysIn(zone.startOf("2026-10-24") + HOUR, zone.startOf("2026-10-25") + 1)).toHaveLength(2);
  });

  it("finds the hours of an axis over the change of the clock", () => {
    const zone = new Zone("Europe/Berlin");
    const start = zone.startOf("2026-10-25");
    const found = zone.hours(start, zone.endOf("2026-10-25"), 3).map((at) => zone.local(at).hour);
    expect(found).toEqual([0, 3, 6, 9, 12, 15, 18, 21, 0]);
    expect(zone.hours(start + 60_000, start + 4 * HOUR, 1)).toHaveLength(4);
  });
});

describe("calendar days", () => {
  it("are added and counted", () => {
    expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
    expect(daysBetween("2026-10-24", "2026-10-26")).toBe(2);
    expect(daysBetween("2026-10-26", "2026-10-24")).toBe(-2);
  });
});
