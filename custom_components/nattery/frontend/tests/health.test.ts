import { describe, expect, it } from "vitest";
import type { Health, PlanPicture, SiteEntry } from "../src/data/api";
import {
  errorShare,
  instantOf,
  momentText,
  openIssues,
  partsOf,
  verdictOf,
  type Part,
  type PartKey,
  type Situation,
} from "../src/panel/health/model";
import { numbersOf } from "../src/panel/health/model-numbers";
import { forecastError, forecastText } from "../src/panel/model-forecast";
import { englishHome } from "./english_home";
import { House } from "./house";
import { healthOf } from "./pages_house";

const home = englishHome();
const house = new House();
const { now } = house;
const GOOD = healthOf(now);

interface Changes {
  readonly health?: Partial<Health>;
  readonly plan?: PlanPicture | null | undefined;
  readonly entry?: Partial<SiteEntry>;
}

function situation({ health = {}, entry = {}, ...rest }: Changes = {}): Situation {
  const plan = "plan" in rest ? rest.plan : house.plan;
  return { home, entry: { ...house.entry, ...entry }, health: { ...GOOD, ...health }, plan, now };
}

function part(key: PartKey, changes: Changes = {}): Part {
  const found = partsOf(situation(changes)).find((one) => one.key === key);
  if (!found) throw new Error(key);
  return found;
}

const line = (change: Partial<Health["line"]>): Changes => ({ health: { line: { ...GOOD.line, ...change } } });
const polls = (change: object): Changes => ({
  health: { polls: { ...GOOD.polls, ...change } as Health["polls"] & {} },
});
const prices = (change: object): Changes => ({ health: { prices: { ...GOOD.prices, ...change } as Health["prices"] } });
const plan = (change: Partial<PlanPicture>): Changes => ({ plan: { ...house.plan, ...change } as PlanPicture });
const database = (change: object): Changes => ({ health: { database: { working: true, ...change } } });

type Row = readonly [PartKey, Changes, Part["light"], string];

const ROWS: readonly Row[] = [
  ["line", {}, "good", "answers take 68 ms"],
  ["line", line({ turnaround_p50: null }), "good", "The connection works."],
  ["line", line({ connected: false }), "bad", "no connection to the inverter"],
  ["line", line({ errors: { no_response: 6000 } }), "warn", "7% of the requests fail"],
  ["line", line({ foreign_frames: 3 }), "warn", "Another device sends"],
  ["inverter", {}, "good", "written 9 times"],
  ["inverter", { health: healthOf(now, "viewer") }, "good", "The inverter answers."],
  ["inverter", line({ wrong_device: true }), "bad", "Another device answers"],
  ["inverter", { health: healthOf(now, "bad") }, "bad", "stopped answering 6 minutes ago"],
  ["inverter", line({ connected: false }), "bad", "stopped answering 4 seconds ago"],
  ["inverter", polls({ frequently_written: { MuteEn: 60, BattFullSOC: 51 } }), "warn", "MuteEn and BattFullSOC"],
  ["inverter", polls({ settings: { ...GOOD.polls?.settings, success: false } }), "warn", "settings could not be read"],
  ["prices", {}, "good", "known until the end of Saturday"],
  ["prices", { health: { prices: null } }, "off", "not set up"],
  ["prices", prices({ known_until: null }), "bad", "no price for now"],
  ["prices", prices({ known_until: new Date(now).toISOString() }), "bad", "no price for now"],
  ["prices", prices({ freshness: "none" }), "bad", "no price for now"],
  ["prices", prices({ freshness: "late" }), "warn", "Prices of tomorrow are late"],
  ["prices", prices({ freshness: "stale" }), "warn", "end soon"],
  ["prices", prices({ freshness: null, status: null }), "good", "known until"],
  ["prices", prices({ status: "unauthorized" }), "bad", "rejects the token"],
  ["prices", prices({ status: "outage" }), "warn", "ENTSO-E does not answer"],
  ["prices", prices({ status: "rate_limited", known_until: "2026-11-27T16:30:00Z" }), "warn", "until Fri 17:30"],
  ["plan", {}, "good", "the battery follows it"],
  ["plan", { entry: { trading: false } }, "off", "Trading is not set up"],
  ["plan", { plan: undefined }, "off", "One moment"],
  ["plan", { plan: null }, "bad", "Cellar is not running"],
  ["plan", plan({ problem: "no_prices" }), "bad", "no prices to plan with"],
  ["plan", plan({ problem: "no_plan" }), "bad", "No plan could be made"],
  ["plan", plan({ pause: { until: null, reason: null } }), "warn", "Trading is paused."],
  ["plan", plan({ pause: { until: "2026-11-27T16:30:00Z", reason: null } }), "warn", "paused until Fri 17:30"],
  ["plan", plan({ made_at: null }), "bad", "No plan could be made"],
  ["plan", plan({ made_at: new Date(now - 7_200_000).toISOString() }), "warn", "made 2 hours ago"],
  ["plan", plan({ automatic: false }), "warn", "Automation is off"],
  ["ledger", {}, "good", "booked until Fri 14:15"],
  ["ledger", { health: { database: null } }, "off", "Trading is not set up"],
  ["ledger", database({}), "good", "Savings are booked"],
  ["ledger", database({ working: false }), "bad", "database does not work"],
  ["ledger", database({ pending: 9 }), "warn", "9 quarter-hours are waiting"],
  ["forecast", {}, "good", "17% off a day (mostly too high) and the house forecast was 9% off a day."],
  ["forecast", { health: { forecast: null } }, "off", "Trading is not set up"],
  ["forecast", { health: { forecast: { pv: null, load: null } } }, "off", "No day could be compared"],
  ["repairs", {}, "good", "nothing to repair"],
  ["repairs", { health: { issues: [{ key: "no_prices", severity: "error" }] } }, "bad", "One thing"],
  ["repairs", { health: { issues: [{ key: "no_prices", severity: "critical" }] } }, "bad", "One thing"],
  ["repairs", { health: { issues: [{ key: "write_limit", severity: "warning" }] } }, "warn", "One thing"],
  ["repairs", { health: { issues: healthOf(now, "bad").issues } }, "bad", "2 things"],
];

describe("the health of each part", () => {
  it.each(ROWS)("%s: %#", (key, changes, light, words) => {
    const found = part(key, changes);
    expect(found.sentence).toContain(words);
    expect(found.light).toBe(light);
  });

  it("does not know since when an inverter is silent that never answered", () => {
    const changes = { health: { ...healthOf(now, "viewer"), ...line({ responding: false }).health } };
    const viewer = { ...changes.health, line: { connected: true, responding: false, wrong_device: false } };
    const { polls: _, ...summary } = { ...GOOD, ...viewer };
    const found = partsOf({ ...situation(), health: summary }).find(({ key }) => key === "inverter");
    expect(found).toMatchObject({ light: "bad", sentence: "The inverter does not answer." });
  });

  it("says of the whole what must be looked at", () => {
    expect(verdictOf(home, partsOf(situation()))).toEqual(["good", "All is well."]);
    const [light, sentence] = verdictOf(home, partsOf(situation(prices({ freshness: "late" }))));
    expect([light, sentence]).toEqual(["warn", "Look at this: Prices."]);
    const bad = partsOf({ ...situation(), health: healthOf(now, "bad") });
    expect(verdictOf(home, bad)).toEqual(["bad", "Look at this: Connection, Inverter, Prices and Repairs."]);
  });

  it("leaves out ignored issues", () => {
    expect(openIssues(healthOf(now, "bad")).map(({ key }) => key)).toEqual(["silent_line", "tomorrow_missing"]);
  });

  it("has no share of errors before the first request", () => {
    expect(errorShare({ connected: true, responding: true, wrong_device: false })).toBe(0);
    expect(instantOf(undefined)).toBeUndefined();
    expect(momentText(home, Date.parse("2026-11-27T23:00:00Z"))).toBe("the end of Friday");
  });
});

describe("numbers", () => {
  const numbers = (key: PartKey, changes: Changes = {}): Record<string, string> =>
    Object.fromEntries(numbersOf(key, situation(changes)));

  it("are given to administrators", () => {
    expect(numbers("line")).toMatchObject({ screen_fact_turnaround: "68\u00a0ms", screen_fact_load: "18.3%" });
    expect(numbers("inverter")).toMatchObject({ screen_fact_readings: "4 seconds ago", screen_fact_written: "9" });
    expect(numbers("prices")).toMatchObject({ screen_fact_fetch_time: "1.4\u00a0s", screen_fact_success_rate: "98%" });
    expect(numbers("plan")).toHaveProperty("screen_fact_slots");
    expect(numbers("ledger")).toMatchObject({ screen_fact_database: "sqlite", screen_fact_pending: "0" });
    expect(numbers("forecast")).toMatchObject({ screen_fact_sun_error: "17%", screen_fact_sun_daily: "1.2\u00a0kWh" });
    expect(numbers("repairs")).toEqual({});
  });

  it("are missing for others", () => {
    const viewer = { ...situation(), health: healthOf(now, "viewer"), plan: null };
    expect(numbersOf("line", viewer)).toEqual([]);
    expect(numbersOf("inverter", viewer)).toEqual([]);
    expect(numbersOf("plan", viewer)).toEqual([]);
    expect(numbersOf("ledger", { ...viewer, health: { ...viewer.health, database: null } })).toEqual([]);
    expect(numbersOf("prices", { ...viewer, health: { ...viewer.health, prices: null } })).toEqual([]);
    expect(numbersOf("forecast", { ...viewer, health: { ...viewer.health, forecast: null } })).toEqual([]);
  });
});

describe("the quality of forecasts", () => {
  const quality = {
    days: 1,
    mean_absolute_error: 1,
    bias: -1,
    relative_error: 0.6,
    relative_bias: -0.2,
    hourly_error: 1,
  };

  it("is told for what is known", () => {
    const text = forecastText(home, { pv: null, load: quality });
    expect(text).toBe("On the last day, the house forecast was 60% off a day (mostly too low).");
    expect(forecastText(home, { pv: { ...quality, relative_error: null }, load: null })).toBeUndefined();
    expect(forecastText(home, { pv: { ...quality, relative_bias: null }, load: null })).not.toContain("mostly");
    expect(forecastText(home, null)).toBeUndefined();
  });

  it("makes a warning if it is poor", () => {
    expect(forecastError({ pv: null, load: quality })).toBe(0.6);
    expect(forecastError(null)).toBe(0);
    expect(part("forecast", { health: { forecast: { pv: quality, load: null } } }).light).toBe("warn");
  });
});
