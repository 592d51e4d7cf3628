import { describe, expect, it } from "vitest";
import {
  changeOf,
  fieldOfInstant,
  instantOf,
  instantOfField,
  keptPercent,
  openOverrides,
  presentOverride,
  splitSentence,
  suggestedTime,
  timedReserves,
} from "../src/cards/control/model";
import type { Override, PlanPicture } from "../src/data/api";
import { Zone } from "../src/i18n/zone";
import { House } from "./house";
import { planOf } from "./made_up_home";

const house = new House();
const { zone, now } = house; // 14:19 in Berlin
const HOUR = 3_600_000;

function override(id: string, from: number, to: number): Override {
  const [start, end] = [from, to].map((hours) => new Date(now + hours * HOUR).toISOString()) as [string, string];
  return { id, action: "hold", power_w: null, start, end, user: null, set_at: null };
}

const plan = (...overrides: Override[]): PlanPicture => ({ ...planOf(house), overrides });

describe("overrides", () => {
  const overrides = [override("later", 5, 6), override("now", -1, 1), override("over", -3, -1)];

  it("are shown from the one in force to the last", () => {
    expect(openOverrides(plan(...overrides), now).map(({ id }) => id)).toEqual(["now", "later"]);
    expect(presentOverride(plan(...overrides), now)?.id).toBe("now");
    expect(presentOverride(plan(override("later", 5, 6)), now)).toBeUndefined();
  });

  it("take the place of those in their time", () => {
    const until = now + 2 * HOUR;
    const end = new Date(until).toISOString();
    expect(changeOf("charge", until, plan(), now)).toEqual({ set: [{ action: "charge", end }] });
    expect(changeOf("charge", until, plan(...overrides), now)).toEqual({
      set: [{ action: "charge", end }],
      clear: ["now"],
    });
    expect(changeOf("charge", now + 6 * HOUR, plan(...overrides), now).clear).toEqual(["now", "later"]);
  });

  it("end for the plan, but not those to come", () => {
    expect(changeOf("plan", now, plan(...overrides), now)).toEqual({ clear: ["now"] });
  });
});

describe("an end", () => {
  const time = (end: number | string, at = now, where = zone) => {
    const instant = instantOf(end, at, where);
    return instant === null ? null : new Date(instant).toISOString();
  };

  it("is after some minutes, or at the next such time", () => {
    expect(time(60)).toBe("2026-11-27T14:19:00.000Z");
    expect(time("20:00")).toBe("2026-11-27T19:00:00.000Z");
    expect(time("07:30")).toBe("2026-11-28T06:30:00.000Z");
    expect(time("")).toBeNull();
  });

  it("is right on days on which the clock changes", () => {
    const helsinki = new Zone("Europe/Helsinki");
    expect(time("20:00", Date.parse("2026-03-29T09:00:00Z"), helsinki)).toBe("2026-03-29T17:00:00.000Z");
    expect(time("20:00", Date.parse("2026-10-25T09:00:00Z"), helsinki)).toBe("2026-10-25T18:00:00.000Z");
    expect(time("23:30", Date.parse("2026-03-29T09:00:00Z"), helsinki)).toBe("2026-03-29T20:30:00.000Z");
    expect(time("23:30", Date.parse("2026-10-25T09:00:00Z"), helsinki)).toBe("2026-10-25T21:30:00.000Z");
    // 03:30 is skipped on that day.
    expect(time("03:30", Date.parse("2026-03-28T23:00:00Z"), helsinki)).toMatch(/^2026-03-29T0[01]:30/);
  });

  it("is suggested at a full hour", () => {
    expect(suggestedTime(now, zone)).toBe("16:00");
    expect(suggestedTime(zone.startOf("2026-11-27") + 22.5 * HOUR, zone)).toBe("00:00");
  });

  it("has a field of day and time", () => {
    expect(fieldOfInstant(now, zone)).toBe("2026-11-27T14:19");
    expect(instantOfField("2026-11-27T14:19", zone)).toBe(now);
    expect(instantOfField("", zone)).toBeNull();
    expect(new Date(instantOfField("2026-10-25T23:30", zone) ?? 0).toISOString()).toBe("2026-10-25T22:30:00.000Z");
    expect(new Date(instantOfField("2026-10-25T00:00", zone) ?? 0).toISOString()).toBe("2026-10-24T22:00:00.000Z");
  });
});

describe("the reserve", () => {
  it("is never below the lowest state of charge of the set-up", () => {
    expect(keptPercent(0.3, 0.12)).toBe(30);
    expect(keptPercent(0.05, 0.12)).toBe(12);
    expect(keptPercent(null, undefined)).toBe(0);
  });

  it("has named times, unless Home Assistant tells none", () => {
    expect(timedReserves(undefined, now)).toBeUndefined();
    const at = (hours: number) => new Date(now + hours * HOUR).toISOString();
    const told = [
      { id: "b", soc: 80, start: at(5), until: at(9) },
      { id: "a", soc: 60, start: at(1), until: at(2) },
      { id: "over", soc: 60, start: at(-3), until: at(-2) },
      { id: "odd", soc: "much", start: at(1), until: at(2) },
      null,
      "nonsense",
    ];
    expect(timedReserves(told, now)?.map(({ id, soc }) => [id, soc])).toEqual([
      ["a", 60],
      ["b", 80],
    ]);
  });
});

describe("a strategy's text", () => {
  it("is a name and a sentence", () => {
    expect(splitSentence("Manual: until you set something else.")).toEqual({
      name: "Manual",
      sentence: "Until you set something else.",
    });
    expect(splitSentence("no name")).toEqual({ name: "", sentence: "No name" });
    expect(splitSentence("")).toEqual({ name: "", sentence: "" });
  });
});
