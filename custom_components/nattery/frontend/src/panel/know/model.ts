/** "What to know": what is wrong or worth a word, else the facts that say all is well. Pure. */
import type { PlanPicture, PricesPicture, Reason } from "../../data/api";

/** What is read of nattery/health/subscribe. */
export interface HealthGlance {
  readonly line?: { readonly responding?: boolean; readonly turnaround_p50?: number | null } | null;
  readonly polls?: { readonly writes_today?: number } | null;
  readonly database?: { readonly working?: boolean } | null;
  readonly issues?: readonly {
    readonly key: string;
    readonly severity: string;
    readonly placeholders?: Readonly<Record<string, string>>;
    readonly ignored?: boolean;
  }[];
}

export type Matter =
  | { readonly kind: "issue"; readonly key: string; readonly placeholders: Readonly<Record<string, string>> }
  | { readonly kind: "silent" | "prices" | "ledger" | "dry_run" };

export interface Facts {
  readonly pricesUntil: number | null;
  /** How fast the inverter answers, ms; null if that is not told. */
  readonly answersMs: number | null;
  readonly writesToday: number | null;
  readonly planMadeAt: number | null;
}

export interface Knowledge {
  /** What is wrong or worth knowing, the worst first; empty when all is well. */
  readonly matters: readonly Matter[];
  /** What the plan notes about itself. */
  readonly notes: readonly Reason[];
  readonly facts: Facts;
}

const MOST = 12;
const LATE: readonly unknown[] = ["late", "stale", "none"];
// Said by an issue of its own as soon as that is open.
const SAID_BY: Readonly<Record<string, readonly string[]>> = {
  silent: ["silent_line", "wrong_device"],
  prices: ["no_prices", "tomorrow_missing", "prices_limited", "question_refused", "tariff_fails"],
  ledger: ["ledger_fails"],
};

export function knowledgeOf(
  plan: PlanPicture | null | undefined,
  prices: PricesPicture | null | undefined,
  health: HealthGlance | null | undefined,
): Knowledge {
  const issues = (health?.issues ?? []).filter((one) => one.ignored !== true);
  const isSaid = (kind: string): boolean => issues.some((one) => SAID_BY[kind]?.includes(one.key));
  const matters: Matter[] = issues.map(({ key, placeholders = {} }) => ({ kind: "issue", key, placeholders }));
  const isSilent = health?.line?.responding === false || plan?.problem === "no_readings";
  if (isSilent && !isSaid("silent")) matters.push({ kind: "silent" });
  if (LATE.includes(prices?.freshness) && !isSaid("prices")) matters.push({ kind: "prices" });
  if (health?.database?.working === false && !isSaid("ledger")) matters.push({ kind: "ledger" });
  if (plan && !plan.automatic) matters.push({ kind: "dry_run" });
  return {
    matters: matters.slice(0, MOST),
    notes: (plan?.notes ?? []).slice(0, MOST),
    facts: factsOf(plan, prices, health),
  };
}

function factsOf(
  plan: PlanPicture | null | undefined,
  prices: PricesPicture | null | undefined,
  health: HealthGlance | null | undefined,
): Facts {
  const seconds = health?.line?.turnaround_p50 ?? null;
  return {
    pricesUntil: instant(prices?.known_until),
    answersMs: seconds === null ? null : Math.round(seconds * 1000),
    writesToday: health?.polls?.writes_today ?? null,
    planMadeAt: instant(plan?.made_at),
  };
}

function instant(text: string | null | undefined): number | null {
  const at = Date.parse(text ?? "");
  return Number.isNaN(at) ? null : at;
}
