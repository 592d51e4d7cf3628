import { describe, expect, it } from "vitest";
import type { PlanPicture, PricesPicture } from "../src/data/api";
import { knowledgeOf, type HealthGlance } from "../src/panel/know/model";
import { House } from "./house";
import { healthOf, planOf } from "./made_up_home";

const house = new House();
const PLAN = planOf(house);
const kinds = (plan: PlanPicture | null | undefined, prices?: PricesPicture, health?: HealthGlance) =>
  knowledgeOf(plan, prices, health).matters.map((one) => (one.kind === "issue" ? one.key : one.kind));
const issue = (key: string, ignored = false) => ({ key, severity: "warning", ignored });

describe("what to know", () => {
  it("is nothing when all is well, with the facts that say so", () => {
    const { matters, facts } = knowledgeOf(PLAN, house.prices, healthOf("plain"));
    expect(matters).toEqual([]);
    expect(facts).toEqual({
      pricesUntil: Date.parse(house.prices.known_until ?? ""),
      answersMs: 68,
      writesToday: 9,
      planMadeAt: Date.parse(PLAN.made_at ?? ""),
    });
  });

  it("is nothing while nothing is known", () => {
    expect(knowledgeOf(undefined, null, undefined)).toEqual({
      matters: [],
      notes: [],
      facts: { pricesUntil: null, answersMs: null, writesToday: null, planMadeAt: null },
    });
    expect(kinds(PLAN, {}, { line: null, polls: null, database: null })).toEqual([]);
  });

  it("lists repairs first, then what is wrong", () => {
    const plan = { ...PLAN, automatic: false };
    const health = {
      line: { responding: false },
      database: { working: false },
      issues: [issue("second_master"), issue("suspect_prices", true)],
    };
    expect(kinds(plan, { freshness: "stale" }, health)).toEqual([
      "second_master",
      "silent",
      "prices",
      "ledger",
      "dry_run",
    ]);
    expect(kinds({ ...PLAN, problem: "no_readings" })).toEqual(["silent"]);
  });

  it("says nothing twice that a repair says", () => {
    const health = {
      line: { responding: false },
      database: { working: false },
      issues: [issue("silent_line"), issue("no_prices"), issue("ledger_fails")],
    };
    expect(kinds(PLAN, { freshness: "none" }, health)).toEqual(["silent_line", "no_prices", "ledger_fails"]);
  });

  it("is a list that can be read", () => {
    const notes = Array.from({ length: 200 }, () => ({ key: "plan_uncertain", values: {} }));
    expect(knowledgeOf({ ...PLAN, notes }, null, null)).toMatchObject({ matters: [] });
    expect(knowledgeOf({ ...PLAN, notes }, null, null).notes).toHaveLength(12);
  });
});
