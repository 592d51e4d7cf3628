/** What the made-up house says beside its plan: states of entities, reports of the ledger, health. */
import type { HassEntities } from "home-assistant-js-websocket";
import type { PlanPicture } from "../src/data/api";
import type { LedgerRow } from "../src/data/ledger";
import type { HealthGlance } from "../src/panel/know/model";
import { addDays } from "../src/i18n/zone";
import type { House } from "./house";

const SAVED = [1.2, 1.8, 0.6, 2.1, 1.4, -0.2, 1.1, 1.9, 2.4, 1.3, 0.8, 1.6, 2.2, 1.8, 0.4, 1.2, 1.9, 2.6, 1.5, 1, 1.3];

/** Powers in W by the name of a moment; battery and grid as their sensors: positive while they give. */
export const MOMENTS: Readonly<Record<string, readonly [number, number, number, number, number]>> = {
  // sun, house, grid, battery, soc
  noon: [2600, 1200, 0, -1400, 62],
  evening: [0, 1600, -1700, 3300, 71],
  night: [0, 420, 420, 0, 12],
  charging: [0, 500, 3500, -3000, 40],
  all: [2600, 900, -800, -900, 88],
  tiny: [60, 380, 320, 0, 10],
};

const POWER_KEYS = ["pv_power", "load_power", "grid_power", "battery_power"] as const;

/** The ids of the entities of which the made-up house has states. */
export const ENTITIES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [...POWER_KEYS, "battery_soc", "import_price", "export_price"].map((key) => [key, `sensor.home_${key}`]),
  ),
  reserve: "number.home_reserve",
  import_limit: "number.home_import_limit",
  automation: "switch.home_automation",
  strategy: "select.home_strategy",
};

export function statesOf(house: House, moment = "noon", isSilent = false): HassEntities {
  const values = MOMENTS[moment] ?? [0, 0, 0, 0, 0];
  const states: HassEntities = {};
  const add = (id: string, value: string, attributes: Record<string, unknown> = {}): void => {
    const changed = new Date(house.now - 14 * 60_000).toISOString();
    const context = { id: "", parent_id: null, user_id: null };
    states[id] = { entity_id: id, state: value, attributes, last_changed: changed, last_updated: changed, context };
  };
  POWER_KEYS.forEach((key, index) => {
    add(`sensor.home_${key}`, isSilent ? "unavailable" : String(values[index]), { unit_of_measurement: "W" });
  });
  add("sensor.home_battery_soc", isSilent ? "unavailable" : String(values[4]), { unit_of_measurement: "%" });
  add("sensor.home_import_price", "0.184");
  add("sensor.home_export_price", "0.079");
  add("number.home_import_limit", "5");
  add("number.home_reserve", "15", {
    timed_reserves: [
      {
        id: "storm",
        soc: 80,
        start: new Date(house.now + 6 * 3_600_000).toISOString(),
        until: new Date(house.now + 20 * 3_600_000).toISOString(),
      },
    ],
  });
  add("person.anna", "home", { user_id: "anna", friendly_name: "Anna" });
  return states;
}

/** Return the report of a span in which so much was saved. */
export function ledgerRow(start: number, end: number, saved: number | null, coverage = 1): LedgerRow {
  const isBooked = saved !== null;
  return {
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
    currency: "EUR",
    coverage: isBooked ? coverage : 0,
    priced_coverage: isBooked ? coverage : 0,
    cost: isBooked ? 2.4 : null,
    no_battery_cost: isBooked ? 2.4 + saved : null,
    self_consumption_cost: isBooked ? 2.4 + saved * 0.29 : null,
    saved_over_no_battery: saved,
    saved_over_self_consumption: isBooked ? saved * 0.29 : null,
  };
}

export function daysOf({ zone, today, now }: House, coverage = 1): LedgerRow[] {
  const month = today.slice(0, 8);
  const rows: LedgerRow[] = [];
  for (let day = `${month}01`; day <= today; day = addDays(day, 1)) {
    const isToday = day === today;
    const share = isToday ? (now - zone.startOf(day)) / (zone.endOf(day) - zone.startOf(day)) : 1;
    const saved = isToday ? 0.92 : (SAVED[rows.length % SAVED.length] ?? 0);
    rows.push(ledgerRow(zone.startOf(day), zone.endOf(day), saved, share * coverage));
  }
  return rows;
}

export function monthsOf({ zone, today }: House): LedgerRow[] {
  const months = Array.from({ length: 24 }, (_, index) => {
    const month = Number(today.slice(0, 4)) * 12 + Number(today.slice(5, 7)) - 1 - 23 + index;
    return `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, "0")}-01`;
  });
  return months.map((first, index) => {
    const start = zone.startOf(first);
    return ledgerRow(start, start + 30 * 86_400_000, index < 15 ? null : 35.4);
  });
}

export function healthOf(scene: string): HealthGlance {
  const issues = [{ key: "second_master", severity: "warning", placeholders: { entry: "Cellar" } }];
  return {
    line: { responding: scene !== "silent", turnaround_p50: 0.068 },
    polls: { writes_today: 9 },
    database: { working: true },
    issues: scene === "issues" ? issues : [],
  };
}

/** Return the plan of a house that has one. */
export function planOf(house: House): PlanPicture {
  const { plan } = house;
  if (!plan) throw new Error("This house has no plan.");
  return plan;
}
