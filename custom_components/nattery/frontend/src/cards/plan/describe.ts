/** The chosen slots in words: for the details below the chart, and for whoever cannot see it. */
import type { Home } from "../../data/home";
import { actionName } from "../../ui/actions";
import type { Summary } from "./model";

const NO_POWER = 0.05; // kW

/** A number with its name. */
export interface Fact {
  readonly name: string;
  readonly value: string;
}

/** Return the time of the slots, such as "Fri 18:15–18:30". */
export function timeText(home: Home, { start, end }: Pick<Summary, "start" | "end">): string {
  const { formats } = home;
  const isOneDay = formats.zone.dayOf(start) === formats.zone.dayOf(end - 1);
  const last = isOneDay ? formats.clock(end) : `${formats.weekday(end)} ${formats.clock(end)}`;
  return `${formats.weekday(start)} ${formats.clock(start)}–${last}`;
}

/** Return what the battery does, such as "Sell 3.3 kW". */
export function actionText(home: Home, { action, batteryKw }: Summary): string {
  if (action === null) return home.text("screen_several_actions");
  const name = actionName(home, action);
  const isForced = action === "charge" || action === "discharge";
  return isForced && batteryKw !== null ? `${name} ${home.formats.power(Math.abs(batteryKw))}` : name;
}

/** Return the six numbers of the slots. */
export function factsOf(home: Home, one: Summary, currency: string): Fact[] {
  const unknown = "–";
  const price = (low: number | null, high: number | null): string => {
    if (low === null || high === null) return unknown;
    const [from, to] = [home.formats.priceNumber(low, currency), home.formats.price(high, currency)];
    return home.formats.price(low, currency) === to ? to : `${from} – ${to}`;
  };
  return [
    { name: home.text("screen_you_pay"), value: price(one.importLow, one.importHigh) },
    { name: home.text("screen_you_get"), value: price(one.exportLow, one.exportHigh) },
    {
      name: home.text("screen_battery_at_end"),
      value: one.socEnd === null ? unknown : home.formats.percent(one.socEnd),
    },
    { name: home.text("screen_grid"), value: one.gridKw === null ? unknown : gridText(home, one.gridKw) },
    {
      name: home.text("screen_stored_worth"),
      value: one.marginalValue === null ? unknown : home.formats.price(one.marginalValue, currency),
    },
    {
      name: one.count === 1 ? home.text("screen_this_quarter") : home.text("screen_together"),
      value: one.cost === null ? unknown : home.cost(one.cost, currency),
    },
  ];
}

/** Return what the grid does, such as "to the grid 1.6 kW". */
function gridText(home: Home, kw: number): string {
  if (Math.abs(kw) < NO_POWER) return home.text("screen_grid_nothing");
  return home.text(kw > 0 ? "screen_grid_from" : "screen_grid_to", { power: home.formats.power(Math.abs(kw)) });
}

/** Return everything about the slots as one text. */
export function spokenText(home: Home, one: Summary | undefined, currency: string, now: number): string {
  if (!one) return home.text("screen_nothing_known");
  const facts = factsOf(home, one, currency)
    .filter(({ value }) => value !== "–")
    .map(({ name, value }) => `${name} ${value}`);
  const reason = one.reason ? home.sentence(one.reason, currency, now) : "";
  return [timeText(home, one), actionText(home, one), reason, ...facts].filter(Boolean).join(". ");
}
