/** Sentences for reasons and notes: the twin of core/sentences.py, in the viewer's language and locale. */
import type { Reason, ReasonValue } from "../data/api";
import type { Formats } from "./formats";
import { fill, type Words } from "./words";
import { daysBetween } from "./zone";

const FLAGS: Readonly<Record<string, string>> = { undone: "common.booked_undone", because: "common.control_because" };
const DETAIL_FLAGS: Readonly<Record<string, string>> = {
  curtail_kw: "common.plan_curtailed",
  kept: "common.plan_kept",
};
const NAMED = ["switch", "number", "select", "time", "sensor", "binary_sensor"] as const;
const DAYS_WITH_NAMES = 6;
const DAY_NAMES = ["today", "tomorrow"] as const;

type Format = (sentences: Sentences, value: ReasonValue, now: number) => string;

const price: Format = (sentences, value) => sentences.formats.price(asNumber(value), sentences.currency);
const amount: Format = (sentences, value) => sentences.formats.number(asNumber(value), 2);

const clock: Format = (sentences, value, now) => {
  const at = asInstant(value);
  const days = sentences.daysFrom(now, at);
  return days >= 0 && days < DAY_NAMES.length ? sentences.formats.clock(at) : clockOfDay(sentences, value, now);
};

const clockOfDay: Format = (sentences, value, now) => {
  const at = asInstant(value);
  const far = Math.abs(sentences.daysFrom(now, at)) > DAYS_WITH_NAMES;
  return `${far ? sentences.formats.date(at) : sentences.weekday(at)} ${sentences.formats.clock(at)}`;
};

const dayName: Format = (sentences, value, now) => {
  const at = asInstant(value);
  const days = sentences.daysFrom(now, at);
  const name = DAY_NAMES[days];
  if (name !== undefined) return sentences.textAt(`common.day_${name}`);
  return Math.abs(days) <= DAYS_WITH_NAMES ? sentences.weekday(at) : sentences.formats.date(at);
};

const strategy: Format = (sentences, value) => sentences.textAt(`entity.select.strategy.state.${asText(value)}`);

const names: Format = (sentences, value) => {
  const all = (Array.isArray(value) ? (value as readonly string[]) : [asText(value)]).map((key) =>
    sentences.nameOf(key),
  );
  const last = all.pop() ?? "";
  return all.length === 0 ? last : fill(sentences.textAt("common.list_and"), { first: all.join(", "), last });
};

const detail: Format = (sentences, value, now) => (isReason(value) ? sentences.sentence(value, now) : asText(value));

const plain: Format = (sentences, value) =>
  typeof value === "number" ? sentences.formats.number(value, 2) : asText(value);

/** The ending of a value's name, and how it is shown; the first that fits counts, else `plain`. */
export const FORMATS: readonly (readonly [string, Format])[] = [
  ["price", price],
  ["marginal_value", price],
  ["losses_and_wear", price],
  ["margin", price],
  ["_day", dayName],
  ["known_until", clockOfDay],
  ["until", clock],
  ["at", clock],
  ["_kw", amount],
  ["_kwh", amount],
  ["strategy", strategy],
  ["settings", names],
  ["alarms", names],
  ["arrays", names],
  ["detail", detail],
  ["because", detail],
];

export class Sentences {
  constructor(
    readonly words: Words,
    readonly formats: Formats,
    readonly currency: string,
  ) {}

  /** Return the sentence of a reason as seen at `now`; its key where this version has no text, or no value, for it. */
  sentence(reason: Reason, now: number): string {
    const path = this.pathOf(reason.key);
    try {
      return [this.filled(path, reason, now), ...this.flagged(FLAGS, reason, now)].join(" ");
    } catch {
      return this.words.find(path)?.replaceAll(/\{\w+\}/g, "…") ?? reason.key;
    }
  }

  /** Return the numbers behind the sentence, undefined where there are none. */
  details(reason: Reason, now: number): string | undefined {
    const path = `common.${reason.key}_details`;
    try {
      const own = this.words.find(path) === undefined ? undefined : this.filled(path, reason, now);
      const because = reason.values["because"];
      const behind = because !== undefined && isReason(because) ? this.details(because, now) : undefined;
      return [own, behind, ...this.flagged(DETAIL_FLAGS, reason, now)].filter(Boolean).join(" ") || undefined;
    } catch {
      return undefined;
    }
  }

  /** Return the text at a path; throw where there is none. */
  textAt(path: string): string {
    const text = this.words.find(path);
    if (text === undefined) throw new Error(path);
    return text;
  }

  /** Return the name that entities have, of the key of a setting or alarm; others as they are. */
  nameOf(key: string): string {
    const number = /^alarm_(\d+)$/.exec(key)?.[1];
    if (number !== undefined) return fill(this.textAt("common.numbered_alarm"), { number });
    for (const platform of NAMED) {
      const name = this.words.find(`entity.${platform}.${key}.name`);
      if (name !== undefined) return name;
    }
    return key;
  }

  weekday(instant: number): string {
    const day = new Date(`${this.formats.zone.dayOf(instant)}T00:00:00Z`).getUTCDay();
    return this.textAt(`common.weekday_${day === 0 ? 7 : day}`);
  }

  /** Return by how many local days an instant lies after another. */
  daysFrom(now: number, instant: number): number {
    return daysBetween(this.formats.zone.dayOf(now), this.formats.zone.dayOf(instant));
  }

  private flagged(flags: Readonly<Record<string, string>>, reason: Reason, now: number): string[] {
    return Object.entries(flags)
      .filter(([name]) => Boolean(reason.values[name]))
      .map(([, path]) => this.filled(path, reason, now));
  }

  private filled(path: string, reason: Reason, now: number): string {
    return this.textAt(path).replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const value = reason.values[name];
      if (value === undefined || value === null) throw new Error(name);
      const [, format] = FORMATS.find(([ending]) => name.endsWith(ending)) ?? ["", plain];
      return format(this, value, now);
    });
  }

  /** Return where the text of a key stands: an error's among the exceptions, every other in the common section. */
  private pathOf(key: string): string {
    const common = `common.${key}`;
    if (this.words.find(common) !== undefined) return common;
    return `exceptions.${key}.message`;
  }
}

function asNumber(value: ReasonValue): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new TypeError("not a number");
  return value;
}

function asInstant(value: ReasonValue): number {
  const instant = typeof value === "string" ? Date.parse(value) : NaN;
  if (Number.isNaN(instant)) throw new TypeError("not a time");
  return instant;
}

function asText(value: ReasonValue): string {
  if (isReason(value)) throw new TypeError("not a text");
  return Array.isArray(value) ? value.join(", ") : String(value);
}

function isReason(value: ReasonValue): value is Reason {
  return typeof value === "object" && value !== null && "key" in value;
}
