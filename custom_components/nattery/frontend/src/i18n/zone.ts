/** Days and hours of a time zone. Instants are ms since 1970; days are texts such as 2026-11-27. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface LocalParts {
  readonly day: string;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** Return a zone's name if the browser knows it, else UTC. */
function knownZone(name: string): string {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return name;
  } catch {
    return "UTC";
  }
}

export class Zone {
  readonly name: string;
  private readonly parts: Intl.DateTimeFormat;
  private readonly starts = new Map<string, number>();

  constructor(name: string) {
    this.name = knownZone(name);
    this.parts = new Intl.DateTimeFormat("en-u-hc-h23", {
      timeZone: this.name,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
  }

  /** Return the local day and time of an instant. */
  local(instant: number): LocalParts {
    const part = Object.fromEntries(this.parts.formatToParts(instant).map(({ type, value }) => [type, value]));
    return {
      day: [part["year"], part["month"], part["day"]].join("-"),
      hour: Number(part["hour"]),
      minute: Number(part["minute"]),
      second: Number(part["second"]),
    };
  }

  /** Return the local day of an instant. */
  dayOf(instant: number): string {
    return this.local(instant).day;
  }

  /** Return the first instant of a local day. */
  startOf(day: string): number {
    let start = this.starts.get(day);
    if (start === undefined) {
      const wall = Date.parse(`${day}T00:00:00Z`);
      // The offset half a day before and after: one of the two is that of midnight.
      const candidates = [wall - DAY_MS / 2, wall + DAY_MS / 2].map((near) => wall - this.offset(near));
      const found = candidates.filter((one) => this.dayOf(one) === day);
      // Where the clock skips midnight, the day begins at the change.
      start = found.length > 0 ? Math.min(...found) : Math.max(...candidates);
      this.starts.set(day, start);
    }
    return start;
  }

  /** Return the first instant after a local day. */
  endOf(day: string): number {
    return this.startOf(addDays(day, 1));
  }

  /** Return the days that overlap a span of time. */
  daysIn(start: number, end: number): string[] {
    const days: string[] = [];
    for (let day = this.dayOf(start); this.startOf(day) < end && days.length < 400; day = addDays(day, 1))
      days.push(day);
    return days;
  }

  /** Return the instants of full local hours within a span that are multiples of `step` on the clock. */
  hours(start: number, end: number, step: number): number[] {
    const found: number[] = [];
    const { minute, second } = this.local(start);
    const past = minute * 60_000 + second * 1000 + (start % 1000);
    for (let at = past === 0 ? start : start - past + HOUR_MS; at <= end; at += HOUR_MS) {
      const local = this.local(at);
      if (local.minute === 0 && local.hour % step === 0) found.push(at);
    }
    return found;
  }

  /** Return by how many ms the local clock is ahead of UTC. */
  private offset(instant: number): number {
    const { day, hour, minute, second } = this.local(instant);
    return Date.parse(`${day}T00:00:00Z`) + hour * HOUR_MS + minute * 60_000 + second * 1000 - instant;
  }
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Return how many days lie between two days. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

/** Return whether a text is a day of the centuries around this one, such as 2026-11-27. */
export function isDay(text: string): boolean {
  if (!/^(19|20|21)\d{2}-\d{2}-\d{2}$/.test(text)) return false;
  const instant = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(text);
}
