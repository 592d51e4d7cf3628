/** The health of each part as a light, a word and a sentence, the worst one first in the verdict. Pure. */
import type { Health, HealthIssue, PlanPicture, SiteEntry } from "../../data/api";
import type { Home } from "../../data/home";
import type { TextKey } from "../../i18n/words";
import { forecastError, forecastText } from "../model-forecast";

export type Light = "good" | "warn" | "bad" | "off";

export type PartKey = "line" | "inverter" | "prices" | "plan" | "ledger" | "forecast" | "repairs";

export interface Part {
  readonly key: PartKey;
  readonly title: TextKey;
  readonly light: Light;
  readonly sentence: string;
}

export interface Situation {
  readonly home: Home;
  readonly entry: SiteEntry;
  readonly health: Health;
  /** Undefined until it has come, null while the entry is not loaded. */
  readonly plan: PlanPicture | null | undefined;
  readonly now: number;
}

type Judgement = readonly [Light, string];

export const LIGHT_WORDS: Readonly<Record<Light, TextKey>> = {
  good: "screen_light_good",
  warn: "screen_light_warn",
  bad: "screen_light_bad",
  off: "screen_light_off",
};

const OFTEN_FAILS = 0.02;
const OFTEN_WRONG = 0.5;
const OLD_PLAN_MS = 1_800_000;
const MANY_PENDING = 4; // quarter-hours
const JUDGES: Readonly<Record<PartKey, readonly [TextKey, (situation: Situation) => Judgement]>> = {
  line: ["screen_part_line", line],
  inverter: ["screen_inverter", inverter],
  prices: ["screen_part_prices", prices],
  plan: ["screen_part_plan", plan],
  ledger: ["screen_part_ledger", ledger],
  forecast: ["screen_part_forecast", forecast],
  repairs: ["screen_part_repairs", repairs],
};

/** Return all parts in the order in which they depend on each other. */
export function partsOf(situation: Situation): Part[] {
  return (Object.keys(JUDGES) as PartKey[]).map((key) => {
    const [title, judge] = JUDGES[key];
    const [light, sentence] = judge(situation);
    return { key, title, light, sentence };
  });
}

/** Return the light of the whole and its sentence. */
export function verdictOf(home: Home, parts: readonly Part[]): Judgement {
  const wrong = parts.filter(({ light }) => light === "bad" || light === "warn");
  if (wrong.length === 0) return ["good", home.text("screen_verdict_good")];
  const light = wrong.some((part) => part.light === "bad") ? "bad" : "warn";
  return [
    light,
    home.text("screen_verdict_look", { parts: home.formats.list(wrong.map(({ title }) => home.text(title))) }),
  ];
}

/** Return the active issues that nobody has chosen to ignore. */
export function openIssues({ issues }: Health): HealthIssue[] {
  return issues.filter(({ ignored }) => ignored !== true);
}

/** Return an instant, undefined for none. */
export function instantOf(text: string | null | undefined): number | undefined {
  const at = Date.parse(text ?? "");
  return Number.isNaN(at) ? undefined : at;
}

/** Return a moment as people say it: the end of a day, or a day and a time. */
export function momentText(home: Home, at: number): string {
  const { formats } = home;
  const { hour, minute } = formats.zone.local(at);
  if (hour === 0 && minute === 0) return home.text("screen_end_of_day", { day: formats.weekday(at - 1, true) });
  return `${formats.weekday(at)} ${formats.clock(at)}`;
}

/** Return which share of the requests failed; 0 before the first one. */
export function errorShare({ errors, requests }: Health["line"]): number {
  const failed = Object.values(errors ?? {}).reduce((sum, count) => sum + count, 0);
  return requests ? failed / requests : 0;
}

const ms = (home: Home, seconds: number): string => home.formats.number(seconds * 1000);

function line({ home, health }: Situation): Judgement {
  const { connected, foreign_frames: foreign = 0, turnaround_p50: turnaround } = health.line;
  if (!connected) return ["bad", home.text("screen_line_broken")];
  const failing = errorShare(health.line);
  if (failing > OFTEN_FAILS) return ["warn", home.text("screen_line_errors", { share: home.formats.percent(failing) })];
  if (foreign > 0) return ["warn", home.text("screen_line_foreign")];
  if (turnaround == null) return ["good", home.text("screen_line_good")];
  return ["good", home.text("screen_line_answers", { ms: ms(home, turnaround) })];
}

function inverter({ home, health, now }: Situation): Judgement {
  const { connected, responding, wrong_device: isWrong } = health.line;
  const { polls } = health;
  if (isWrong) return ["bad", home.text("screen_inverter_wrong")];
  if (!connected || !responding) {
    const at = instantOf(polls?.readings.read_at);
    if (at === undefined) return ["bad", home.text("screen_inverter_silent")];
    return ["bad", home.text("screen_inverter_silent_since", { ago: home.formats.ago((now - at) / 1000) })];
  }
  if (!polls) return ["good", home.text("screen_inverter_good")];
  const often = Object.keys(polls.frequently_written);
  if (often.length > 0) return ["warn", home.text("screen_inverter_worn", { symbols: home.formats.list(often) })];
  if (!polls.settings.success) return ["warn", home.text("screen_inverter_settings_fail")];
  return ["good", home.text("screen_inverter_writes", { count: home.formats.number(polls.writes_today) })];
}

const PRICE_STATUS: Readonly<Record<string, Judgement[0]>> = {
  unauthorized: "bad",
  outage: "warn",
  rate_limited: "warn",
};
const PRICE_TEXTS: Readonly<Record<string, TextKey>> = {
  unauthorized: "screen_prices_unauthorized",
  outage: "screen_prices_outage",
  rate_limited: "screen_prices_limited",
  late: "screen_prices_tomorrow_late",
  stale: "screen_prices_end",
};

function prices({ home, health, now }: Situation): Judgement {
  const known = health.prices;
  if (!known) return ["off", home.text("screen_prices_off")];
  const until = instantOf(known.known_until);
  if (until === undefined || until <= now || known.freshness === "none")
    return ["bad", home.text("screen_prices_none")];
  const time = momentText(home, until);
  const status = known.status ?? "";
  const light = PRICE_STATUS[status];
  const text = PRICE_TEXTS[status];
  if (light && text) return [light, home.text(text, { time })];
  const late = PRICE_TEXTS[known.freshness ?? ""];
  if (late) return ["warn", home.text(late, { time })];
  return ["good", home.text("screen_prices_known", { time })];
}

const PLAN_PROBLEMS: Readonly<Record<string, TextKey>> = {
  no_readings: "screen_problem_no_readings",
  no_prices: "screen_problem_no_prices",
};

function plan({ home, entry, plan: picture, now }: Situation): Judgement {
  if (!entry.trading) return ["off", home.text("screen_plan_off")];
  if (picture === undefined) return ["off", home.text("screen_loading")];
  if (picture === null) return ["bad", home.text("screen_not_running_short", { entry: entry.title })];
  if (picture.problem !== null) {
    return ["bad", home.text(PLAN_PROBLEMS[picture.problem] ?? "screen_problem_no_plan")];
  }
  if (picture.pause) {
    const until = instantOf(picture.pause.until);
    const time = until === undefined ? "" : momentText(home, until);
    return ["warn", home.text(time ? "screen_plan_paused_until" : "screen_plan_paused", { time })];
  }
  const made = instantOf(picture.made_at);
  if (made === undefined) return ["bad", home.text("screen_problem_no_plan")];
  const time = home.formats.clock(made);
  if (now - made > OLD_PLAN_MS)
    return ["warn", home.text("screen_plan_old", { ago: home.formats.ago((now - made) / 1000) })];
  return picture.automatic
    ? ["good", home.text("screen_plan_made", { time })]
    : ["warn", home.text("screen_plan_dry_run", { time })];
}

function ledger({ home, health }: Situation): Judgement {
  const { database } = health;
  if (!database) return ["off", home.text("screen_plan_off")];
  const { pending = 0 } = database;
  if (!database.working) return ["bad", home.text("screen_ledger_broken")];
  if (pending > MANY_PENDING)
    return ["warn", home.text("screen_ledger_pending", { count: home.formats.number(pending) })];
  const last = instantOf(database.last);
  if (last === undefined) return ["good", home.text("screen_ledger_good")];
  return ["good", home.text("screen_ledger_booked", { time: momentText(home, last + 900_000) })];
}

function forecast({ home, health }: Situation): Judgement {
  if (!health.forecast) return ["off", home.text("screen_plan_off")];
  const sentence = forecastText(home, health.forecast);
  if (sentence === undefined) return ["off", home.text("screen_forecast_none")];
  return [forecastError(health.forecast) > OFTEN_WRONG ? "warn" : "good", sentence];
}

function repairs({ home, health }: Situation): Judgement {
  const open = openIssues(health);
  if (open.length === 0) return ["good", home.text("screen_repairs_none")];
  const isBad = open.some(({ severity }) => severity === "error" || severity === "critical");
  const count = home.formats.number(open.length);
  return [isBad ? "bad" : "warn", home.text(open.length === 1 ? "screen_repairs_one" : "screen_repairs", { count })];
}
