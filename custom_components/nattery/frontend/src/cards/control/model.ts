/** What the battery should do, until when, and the requests that say so. Pure. */
import type { ActionKind, Override, OverrideChange, PlanPicture } from "../../data/api";
import { addDays, type Zone } from "../../i18n/zone";

export type Choice = ActionKind | "plan";

export const CHOICES: readonly Choice[] = ["plan", "self_consume", "charge", "hold", "discharge"];

/** An end as it is chosen: after so many minutes, or at a time of the day such as 20:00. */
export type End = number | string;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MINUTES = 24 * 60;

/** Return the overrides that are in force or to come, the earliest first. */
export function openOverrides(plan: PlanPicture, now: number): Override[] {
  return plan.overrides
    .filter((one) => Date.parse(one.end) > now)
    .sort((one, other) => Date.parse(one.start) - Date.parse(other.start));
}

/** Return the override that is in force. */
export function presentOverride(plan: PlanPicture, now: number): Override | undefined {
  return openOverrides(plan, now).findLast((one) => Date.parse(one.start) <= now);
}

/** Return when a chosen end is; a time of the day is the next one, null if it is none. */
export function instantOf(end: End, now: number, zone: Zone): number | null {
  if (typeof end === "number") return now + end * MINUTE_MS;
  const match = /^(\d\d):(\d\d)/.exec(end);
  if (!match) return null;
  const minutes = Number(match[1]) * 60 + Number(match[2]);
  const today = zone.dayOf(now);
  const at = timeOn(today, minutes, zone);
  return at > now ? at : timeOn(addDays(today, 1), minutes, zone);
}

/** Return the instant of a local time; on a day on which the clock changes it is not midnight and so many minutes. */
function timeOn(day: string, minutes: number, zone: Zone): number {
  const guess = zone.startOf(day) + minutes * MINUTE_MS;
  const { hour, minute } = zone.local(guess);
  const difference = minutes - (hour * 60 + minute);
  const nearest = difference - DAY_MINUTES * Math.round(difference / DAY_MINUTES); // the guess may be past midnight
  return guess + nearest * MINUTE_MS;
}

/** Return a full hour two hours from now as a time of the day, for the field of the end. */
export function suggestedTime(now: number, zone: Zone): string {
  const { hour, minute } = zone.local(Math.ceil(now / HOUR_MS) * HOUR_MS + HOUR_MS);
  return [hour, minute].map((part) => String(part).padStart(2, "0")).join(":");
}

/** Return the request that makes the battery do this until then; it takes the place of what was set for that time. */
export function changeOf(choice: Choice, until: number, plan: PlanPicture, now: number): OverrideChange {
  const open = openOverrides(plan, now);
  if (choice === "plan") return { clear: open.filter((one) => Date.parse(one.start) <= now).map((one) => one.id) };
  const clear = open.filter((one) => Date.parse(one.start) < until).map((one) => one.id);
  return {
    set: [{ action: choice, end: new Date(until).toISOString() }],
    ...(clear.length > 0 ? { clear } : {}),
  };
}

/** Return the lowest state of charge that is kept, in whole percent: that of the set-up, or the reserve above it. */
export function keptPercent(reserve: number | null, lowest: number | undefined): number {
  return Math.round(Math.max(reserve ?? 0, lowest ?? 0) * 100);
}

/** Return the name and the sentence of a text such as "Manual: until you set something else." */
export function splitSentence(text: string): { name: string; sentence: string } {
  const [, name = "", rest = text] = /^([^:：]+?)\s*[:：]\s*(.+)$/su.exec(text) ?? [];
  return { name, sentence: rest.charAt(0).toLocaleUpperCase() + rest.slice(1) };
}

/** A reserve for a named time, as the reserve's entity tells it. */
export interface TimedReserve {
  readonly id: string;
  /** Percent. */
  readonly soc: number;
  readonly start: number;
  readonly until: number;
}

/** Return the timed reserves of an attribute that are not over, the earliest first; undefined if there is no such attribute. */
export function timedReserves(attribute: unknown, now: number): TimedReserve[] | undefined {
  if (!Array.isArray(attribute)) return undefined;
  return attribute
    .filter((one): one is Readonly<Record<string, unknown>> => typeof one === "object" && one !== null)
    .map((one) => ({
      id: String(one["id"]),
      soc: Number(one["soc"]),
      start: Date.parse(String(one["start"])),
      until: Date.parse(String(one["until"])),
    }))
    .filter((one) => one.until > now && Number.isFinite(one.soc))
    .sort((one, other) => one.start - other.start);
}

/** Return the instant of a field of day and time such as 2026-11-28T07:00, null for none. */
export function instantOfField(text: string, zone: Zone): number | null {
  const match = /^\d{4}-\d\d-\d\dT(\d\d):(\d\d)/.exec(text);
  return match ? timeOn(text.slice(0, 10), Number(match[1]) * 60 + Number(match[2]), zone) : null;
}

/** Return an instant as the text of a field of day and time. */
export function fieldOfInstant(instant: number, zone: Zone): string {
  const { day, hour, minute } = zone.local(instant);
  return `${day}T${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}
