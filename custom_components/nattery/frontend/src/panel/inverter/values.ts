/** Names and values of registers as text. */
import type { RegisterJson, RegisterRow } from "../../data/api";
import type { Home } from "../../data/home";
import { digitsOf, minutesOf } from "./model";

const A_DAY = "2026-01-15"; // the clock does not change on it
const MINUTE_MS = 60_000;

/** Return the name that the entity of a register has, else its symbol. */
export function nameOf(home: Home, row: RegisterRow): string {
  const own = row.platform === null ? undefined : home.words.find(`entity.${row.platform}.${row.key}.name`);
  return own ?? row.name ?? row.symbol;
}

/** Return a time of day such as "02:30" as the user reads times. */
export function timeText(home: Home, time: string): string {
  const { formats } = home;
  return formats.clock(formats.zone.startOf(A_DAY) + minutesOf(time) * MINUTE_MS);
}

/** Return a value with its unit, or the name of its choice. */
export function valueText(home: Home, row: RegisterRow, value: RegisterJson | undefined): string {
  if (value === null || value === undefined) return home.text("screen_value_unknown");
  if (Array.isArray(value)) return listText(home, row, value as readonly unknown[]);
  if (row.kind === "flag") return home.text(Number(value) ? "on" : "off");
  if (row.kind === "enum" || row.choices.length > 0) return choiceText(home, row, Number(value));
  if (typeof value === "number") return numberText(home, row, value);
  if (row.kind === "time") return timeText(home, String(value));
  return row.kind === "stamp" ? momentText(home, String(value)) : String(value);
}

export function choiceText(home: Home, row: RegisterRow, value: number): string {
  const key = row.choices.find((one) => one.value === value)?.key;
  if (key == null) return numberText(home, row, value);
  return home.words.find(`entity.${row.platform ?? ""}.${row.key}.state.${key}`) ?? key;
}

export function numberText(home: Home, row: RegisterRow, value: number): string {
  // Codes and versions are no amounts: they have no separators of thousands.
  const isAmount = row.kind === "number" || row.kind === "uint32";
  const number = isAmount ? home.formats.number(value, digitsOf(row.scale)) : String(value);
  return row.unit === null ? number : `${number}\u00a0${row.unit}`;
}

/** Return a moment of the inverter's own clock, such as "2026-11-27T14:19:05". */
function momentText(home: Home, moment: string): string {
  const [day = "", time = ""] = moment.split("T");
  const { formats } = home;
  return `${formats.day(formats.zone.startOf(day))} ${timeText(home, time)}`;
}

function listText(home: Home, row: RegisterRow, values: readonly unknown[]): string {
  if (row.kind === "faults") return faultsText(home, values as readonly Fault[]);
  if (row.kind === "words") return values.map((word) => Number(word).toString(16).padStart(4, "0")).join(" ");
  const { formats } = home;
  const days = values.map((one) => formats.number(Number(one), digitsOf(row.scale)));
  return `${days.join(" · ")}${row.unit === null ? "" : `\u00a0${row.unit}`}`;
}

interface Fault {
  readonly code: number;
  readonly time: string | null;
}

function faultsText(home: Home, faults: readonly Fault[]): string {
  if (faults.length === 0) return home.text("screen_no_faults");
  return faults
    .map(({ code, time }) => (time === null ? String(code) : `${code} (${momentText(home, time)})`))
    .join(" · ");
}
