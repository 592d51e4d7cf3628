import { describe, expect, it } from "vitest";
import type { BacktestRequest } from "../src/data/api";
import { barAt, picture, ticksOf } from "../src/panel/savings/geometry";
import {
  addMonths,
  dayBars,
  missingHours,
  monthBars,
  monthOf,
  periodOf,
  yearOf,
  type SavingBar,
} from "../src/panel/savings/model";
import {
  changesText,
  fieldsOf,
  isIncomplete,
  numberOf,
  presentText,
  progressText,
  requestOf,
  resultText,
  waysOf,
} from "../src/panel/savings/model-backtest";
import { barText, planningText } from "../src/panel/savings/texts";
import { englishHome } from "./english_home";
import { House } from "./house";
import { backtestOf, ledgerRows, REPORT } from "./pages_house";

const home = englishHome();
const { zone } = home.formats;
const house = new House();
const { now } = house;

const iso = (at: number): string => new Date(at).toISOString();
const rowsOf = (period: "day" | "month", start: number) =>
  ledgerRows({ period, start: iso(start), end: iso(now) }, now, zone);

describe("months", () => {
  it("are counted over the end of a year", () => {
    expect(addMonths("2026-11", 2)).toBe("2027-01");
    expect(addMonths("2026-01", -1)).toBe("2025-12");
    expect(addMonths("2026-11", -12)).toBe("2025-11");
    expect(monthOf(Date.parse("2026-11-30T23:30:00Z"), zone)).toBe("2026-12");
  });

  it("begin and end by the clock of the house", () => {
    expect(iso(periodOf("2026-11", zone).start)).toBe("2026-10-31T23:00:00.000Z");
    expect(iso(periodOf("2026-10", zone).start)).toBe("2026-09-30T22:00:00.000Z");
    expect(periodOf("2026-10", zone).end).toBe(periodOf("2026-11", zone).start);
    expect(yearOf(now, zone)).toEqual({ start: periodOf("2025-12", zone).start, end: now });
  });

  it("have bars from the first booking on", () => {
    const bars = monthBars(rowsOf("month", yearOf(now, zone).start), now, zone);
    expect(bars.map(({ key }) => key)).toEqual(Array.from({ length: 9 }, (_, index) => addMonths("2026-03", index)));
    expect(bars.every(({ saved, byPlanning }) => saved !== null && byPlanning !== null)).toBe(true);
    expect(monthBars([], now, zone)).toHaveLength(6);
    const [row] = rowsOf("month", periodOf("2026-11", zone).start);
    if (!row) throw new Error("There is no report.");
    expect(monthBars([row], now, zone).map(({ saved }) => saved !== null)).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
  });
});

describe("days", () => {
  const rows = rowsOf("day", periodOf("2026-11", zone).start);

  it("have what is booked, and what is expected", () => {
    const bars = dayBars(rows, "2026-11", now, zone, house.plan);
    expect(bars).toHaveLength(30);
    expect(bars[10]).toMatchObject({ key: "2026-11-11", saved: null, row: undefined });
    expect(bars[26]).toMatchObject({ key: "2026-11-27", expected: house.plan?.today?.saving });
    expect(bars[27]).toMatchObject({ saved: null, expected: house.plan?.tomorrow?.saving });
    expect(bars[28]).toMatchObject({ saved: null, expected: null });
    const unknown = dayBars(rows, "2026-11", now, zone, null);
    expect(unknown.every(({ expected }) => expected === null)).toBe(true);
    expect(dayBars([], "2026-10", now, zone, house.plan)).toHaveLength(31);
  });

  it("tell the hours that are missing", () => {
    const row = rows.find(({ start }) => zone.dayOf(Date.parse(start)) === "2026-11-19");
    const today = rows.at(-1);
    if (!row || !today) throw new Error("A day is missing.");
    expect(missingHours(row, now)).toEqual({ counted: 19, all: 24 });
    expect(missingHours(today, now)).toBeUndefined();
    expect(missingHours({ ...today, priced_coverage: 0 }, Date.parse(today.start) + 60_000)).toBeUndefined();
  });
});

const bar = (saved: number | null, byPlanning: number | null = null, expected: number | null = null): SavingBar => ({
  key: "2026-11-27",
  start: now,
  saved,
  byPlanning,
  expected,
  row: undefined,
});

describe("bars", () => {
  it("stand on zero, and hang from it where something was lost", () => {
    const { bars, zero, step, ticks } = picture([bar(3, 1), bar(-1, null, 2), bar(null)], 300, 80);
    expect(step).toBe(100);
    expect(zero).toBe(60);
    expect(bars[0]?.saved).toMatchObject({ y: 0, height: 60, isLoss: false });
    expect(bars[0]?.byPlanning).toMatchObject({ y: 40, height: 20 });
    expect(bars[1]?.saved).toMatchObject({ y: 60, height: 20, isLoss: true });
    expect(bars[1]?.expected).toMatchObject({ y: 20, height: 40 });
    expect(bars[2]).toEqual({ saved: undefined, byPlanning: undefined, expected: undefined });
    expect(ticks.map(({ value }) => value)).toEqual([-1, 0, 1, 2, 3]);
  });

  it("are there with nothing to show", () => {
    expect(picture([], 300, 80).bars).toEqual([]);
    expect(picture([bar(0)], 300, 80).bars[0]?.saved?.height).toBeGreaterThan(0);
    expect(ticksOf(0, 0)).toEqual([0]);
    expect(ticksOf(0, 37)).toEqual([0, 10, 20, 30]);
    expect(ticksOf(0, 900)).toEqual([0, 500]);
  });

  it("are found by their place", () => {
    const drawn = picture([bar(1), bar(2)], 200, 80);
    expect([-5, 99, 100, 900].map((x) => barAt(x, drawn))).toEqual([0, 0, 1, 1]);
  });

  it("are told in words", () => {
    const text = (one: SavingBar): string => barText(home, one, "Fri 27 Nov", "EUR");
    expect(text(bar(1.92, 0.6))).toBe("Fri 27 Nov: saved €1.92, €0.60 of it by planning.");
    expect(text(bar(-0.32))).toBe("Fri 27 Nov: lost €0.32.");
    expect(text(bar(null))).toBe("Fri 27 Nov: nothing is booked yet.");
    expect(text(bar(null, null, 1.83))).toContain("Expected for the whole day: planning saves €1.83.");
    expect(planningText(home, 2, -0.5, "EUR")).toBe("planning cost €0.50 of it");
    expect(planningText(home, 2, 2, "EUR")).toBe("€2.00 of it by planning");
    expect(planningText(home, 5.69, 13.47, "EUR")).toBe("without planning, it would have lost €7.78");
    expect(planningText(home, -0.32, 0.2, "EUR")).toBe("without planning, it would have lost €0.52");
  });
});

describe("a backtest", () => {
  const { limits } = house.entry;
  const fields = fieldsOf("EUR");
  const request = (texts: Record<string, string>, days = 30): BacktestRequest | undefined =>
    requestOf({ texts, days }, fields, limits, home, now);

  it("asks only for what differs from the set-up", () => {
    expect(request({})).toEqual({});
    expect(request({ capacity: "10", charge: "4,5", peak_price: "" })).toEqual({});
    expect(request({ capacity: "15", battery_price: "0" })).toEqual({ capacity: 15, battery_price: 0 });
    expect(request({ capacity: "0" })).toBeUndefined();
    expect(request({ capacity: "large" })).toBeUndefined();
  });

  it("covers whole days of the house", () => {
    expect(request({}, 365)).toEqual({ start: "2025-11-26T23:00:00.000Z", end: "2026-11-26T23:00:00.000Z" });
    // The clock changed in between.
    expect(request({}, 90)?.start).toBe("2026-08-28T22:00:00.000Z");
  });

  it("shows what is set up", () => {
    expect(presentText("capacity", limits)).toBe("10");
    expect(presentText("discharge", limits)).toBe("4.5");
    expect(presentText("battery_price", limits)).toBe("");
    expect(presentText("capacity", null)).toBe("");
    const [capacity] = fields;
    expect(capacity && numberOf(capacity, " ")).toBeUndefined();
  });

  it("tells its result in a sentence", () => {
    const text = (asked: BacktestRequest, actual = REPORT.actual): string =>
      resultText(home, asked, { ...REPORT, actual });
    expect(text({ capacity: 15 })).toBe("With 15\u00a0kWh, you would have saved €3.20 more in these 30 days.");
    expect(text({ capacity: 5 }, 30)).toContain("€5.22 less");
    expect(text({ capacity: 5 }, REPORT.closed_loop)).toContain("the same");
    expect(text({})).toContain("your battery would have saved €3.20 more");
    expect(text({}, 30)).toContain("your battery would have saved €5.22 less");
    expect(text({}, REPORT.closed_loop)).toContain("your battery would have saved the same");
    expect(resultText(home, {}, { ...REPORT, quarters: 20 })).toContain("these 1 days");
  });

  it("names all that was tried", () => {
    const asked = { capacity: 15, charge: 6, discharge: 5.5, battery_price: 5000, peak_price: 4 };
    expect(changesText(home, asked, "EUR").replaceAll("\u00a0", " ")).toBe(
      "15 kWh, 6 kW of charging power, 5.5 kW of discharging power, a battery for €5,000.00 and a power price of €4.00 per kW",
    );
  });

  it("compares all ways, the dearest first", () => {
    const ways = waysOf(REPORT);
    expect(ways.map(({ cost }) => cost)).toEqual([92.1, 51.7, 40.2, 38.42, 35.22, 33.9]);
    expect(isIncomplete(REPORT)).toBe(false);
    expect(isIncomplete({ ...REPORT, coverage: 0.5 })).toBe(true);
  });

  it("tells how far it is", () => {
    const running = backtestOf("running");
    expect(progressText(home, running)).toBe("42% · 12 s left");
    expect(progressText(home, { ...running, seconds_left: 125 })).toBe("42% · 2 min left");
    expect(progressText(home, { ...running, seconds_left: null })).toBe("42%");
  });
});
