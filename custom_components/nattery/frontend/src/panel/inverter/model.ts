/** The registers as the page shows them: sections, search, ages, what may be written and how it is confirmed. Pure. */
import type { RegisterRow, RegisterValue, RegisterWindow, Registers, RegistersEvent } from "../../data/api";
import type { TextKey } from "../../i18n/words";

export interface Section {
  readonly key: string;
  readonly title: TextKey;
  /** Whether it has what can be changed, not what is measured. */
  readonly isControl: boolean;
  readonly rows: readonly RegisterRow[];
}

/** How a value is entered. */
export type Editor = "none" | "flag" | "choice" | "number" | "time" | "clock";

/** What a write asks of a person: nothing more, a second press, or to type the symbol. */
export type Confirmation = "plain" | "confirm" | "type";

export interface Problem {
  readonly text: TextKey;
  readonly values: Readonly<Record<string, number>>;
}

export type Entered = { readonly value: number | string } | { readonly problem: Problem };

export interface DailyWindow {
  readonly kind: "charge" | "discharge";
  readonly number: number | null;
  readonly start: RegisterRow;
  readonly end: RegisterRow;
  /** Times as "HH:MM" by the inverter's clock, null where they are unknown. */
  readonly from: string | null;
  readonly until: string | null;
  readonly isUsed: boolean;
  readonly isPending: boolean;
  readonly writesToday: number;
}

interface SectionRule {
  readonly key: string;
  readonly title: TextKey;
  readonly isControl?: boolean;
  readonly holds: (row: RegisterRow) => boolean;
}

const inSection = (name: string) => (row: RegisterRow) => row.group === null && row.section === name;

// The first rule that holds decides; sections are shown in this order.
const SECTIONS: readonly SectionRule[] = [
  {
    key: "settings",
    title: "screen_registers_settings",
    isControl: true,
    holds: ({ section, access }) => section === "P04" && access !== "W",
  },
  { key: "commands", title: "screen_registers_commands", isControl: true, holds: ({ access }) => access === "W" },
  { key: "live", title: "screen_registers_live", holds: inSection("P00") },
  { key: "status", title: "screen_registers_status", holds: inSection("P01") },
  { key: "energy", title: "screen_registers_energy", holds: inSection("P08") },
  { key: "device", title: "screen_registers_device", holds: inSection("P07") },
  { key: "three_phase", title: "screen_registers_three_phase", holds: ({ group }) => group === "three_phase" },
  { key: "histories", title: "screen_registers_histories", holds: ({ group }) => group === "histories" },
  { key: "other", title: "screen_registers_other", holds: () => true },
];

const STALE_MS = 120_000;

/** Join an event with what was known. */
export function joinRegisters(known: Registers | null | undefined, event: RegistersEvent): Registers {
  return {
    table: event.table ?? known?.table ?? [],
    windows: event.windows ?? known?.windows ?? [],
    write_limit: event.write_limit ?? known?.write_limit ?? 0,
    values: event.table ? event.values : { ...known?.values, ...event.values },
    read_at: event.read_at,
  };
}

export function isWritable(row: RegisterRow): boolean {
  return row.access !== "R" && row.risk !== "forbidden";
}

/** Return the sections that have registers, without those of the windows, which have a clock of their own. */
export function sectionsOf({ table, windows }: Registers): Section[] {
  const elsewhere = new Set(windows.flatMap(({ start, end }) => [start, end]));
  const shown = table.filter((row) => !elsewhere.has(row.symbol) && (row.access !== "W" || isWritable(row)));
  const rowsOf = new Map<string, RegisterRow[]>(SECTIONS.map(({ key }) => [key, []]));
  for (const row of shown) rowsOf.get(SECTIONS.find(({ holds }) => holds(row))?.key ?? "other")?.push(row);
  return SECTIONS.map(({ key, title, isControl = false }) => ({
    key,
    title,
    isControl,
    rows: rowsOf.get(key) ?? [],
  })).filter(({ rows }) => rows.length > 0);
}

/** Return the sections with only the registers in which every word of the search occurs. */
export function found(sections: readonly Section[], search: string, nameOf: (row: RegisterRow) => string): Section[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (row: RegisterRow): boolean => {
    const text = `${nameOf(row)} ${row.symbol} ${row.key}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  return sections
    .map((section) => ({ ...section, rows: section.rows.filter(matches) }))
    .filter(({ rows }) => rows.length > 0);
}

/** Return when a register was last read, in ms; null if it never was. */
export function readAt(registers: Registers, row: RegisterRow): number | null {
  const value = registers.values[row.symbol];
  const own = Date.parse(value?.read_at ?? "");
  // After an error, the value is older than the last reading of its tier.
  const tier = value?.error === null ? Date.parse(registers.read_at[row.tier] ?? "") : NaN;
  const known = [own, tier].filter((at) => !Number.isNaN(at));
  return known.length > 0 ? Math.max(...known) : null;
}

/** Return when the newest value of a section was read, null if none was. */
export function sectionReadAt(registers: Registers, section: Section): number | null {
  const { rows } = section;
  if (isUnread(registers, section)) return null;
  const known = rows.flatMap((row) => readAt(registers, row) ?? []);
  return known.length > 0 ? Math.max(...known) : null;
}

/** Return whether a value is so much older than its section that it must be said. */
export function isBehind(at: number | null, sectionAt: number | null): boolean {
  return at !== null && sectionAt !== null && sectionAt - at > STALE_MS;
}

/** Return whether nothing of a section is ever read: its group is not selected in the options. */
export function isUnread(registers: Registers, { rows }: Section): boolean {
  return rows.every((row) => row.group !== null && (registers.values[row.symbol]?.value ?? null) === null);
}

const EDITORS: Readonly<Record<string, Editor>> = {
  flag: "flag",
  enum: "choice",
  number: "number",
  word: "number",
  time: "time",
  stamp: "clock",
};

/** Return how a register is changed; "none" also while trading sets it. */
export function editorOf(row: RegisterRow, isAutomatic: boolean): Editor {
  if (!isWritable(row) || (row.controlled && isAutomatic)) return "none";
  return row.choices.length > 0 ? "choice" : (EDITORS[row.kind] ?? "none");
}

export function confirmationOf(row: RegisterRow, value: RegisterValue | undefined, limit: number): Confirmation {
  if (row.risk === "risky") return "type";
  return row.access === "W" || (value?.writes_today ?? 0) >= limit ? "confirm" : "plain";
}

/** Return the value of a text that was entered, or what is wrong with it. */
export function enteredOf(row: RegisterRow, text: string): Entered {
  const trimmed = text.trim();
  if (row.kind === "time") {
    return /^([01]\d|2[0-3]):[0-5]\d$/.test(trimmed) ? { value: trimmed } : problem("screen_enter_time");
  }
  const value = trimmed === "" ? NaN : Number(trimmed.replace(",", "."));
  if (!Number.isFinite(value)) return problem("screen_enter_number");
  const { low, high, scale } = row;
  if ((low !== null && value < low) || (high !== null && value > high)) {
    return problem("screen_enter_between", { low: low ?? value, high: high ?? value });
  }
  const steps = value / scale;
  if (Math.abs(steps - Math.round(steps)) > 1e-6) return problem("screen_enter_step", { step: scale });
  return { value: Number((Math.round(steps) * scale).toFixed(digitsOf(scale))) };
}

/** Return how many decimals values of a scale have. */
export function digitsOf(scale: number): number {
  return Math.max(0, Math.round(-Math.log10(scale)));
}

function problem(text: TextKey, values: Problem["values"] = {}): Entered {
  return { problem: { text, values } };
}

// --- the daily windows

/** Return the windows of which both registers are there. */
export function windowsOf({ table, windows, values }: Registers): DailyWindow[] {
  const bySymbol = new Map(table.map((row) => [row.symbol, row]));
  return windows.flatMap((window) => {
    const [start, end] = [bySymbol.get(window.start), bySymbol.get(window.end)];
    return start && end ? [windowOf(window, start, end, values)] : [];
  });
}

function windowOf(
  { kind, number }: RegisterWindow,
  start: RegisterRow,
  end: RegisterRow,
  values: Registers["values"],
): DailyWindow {
  const [first, last] = [values[start.symbol], values[end.symbol]];
  const [from, until] = [timeIn(first), timeIn(last)];
  return {
    kind,
    number,
    start,
    end,
    from,
    until,
    isUsed: from !== null && until !== null && from !== until,
    isPending: first?.pending === true || last?.pending === true,
    writesToday: Math.max(first?.writes_today ?? 0, last?.writes_today ?? 0),
  };
}

function timeIn(value: RegisterValue | undefined): string | null {
  return typeof value?.value === "string" ? value.value : null;
}

/** Return the minutes of a time of day such as "02:30". */
export function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

/** Return how many minutes a window is long; 0 if both times are the same. */
export function lengthOf(from: string, until: string): number {
  return (minutesOf(until) - minutesOf(from) + 1440) % 1440;
}

/** Return the writes that change a window, in the order in which it is never longer than it must be in between. */
export function writesOf(window: DailyWindow, from: string, until: string): { symbol: string; value: string }[] {
  const start = { symbol: window.start.symbol, value: from };
  const end = { symbol: window.end.symbol, value: until };
  if (window.from === from) return window.until === until ? [] : [end];
  if (window.until === until) return [start];
  const startFirst = lengthOf(from, window.until ?? until);
  const endFirst = lengthOf(window.from ?? from, until);
  return startFirst <= endFirst ? [start, end] : [end, start];
}
