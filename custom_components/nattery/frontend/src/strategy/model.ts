/** The views of the dashboard, made from what is set up and from what the user may do. Pure. */
import type { SiteEntry } from "../data/api";
import type { TextKey, TextValues } from "../i18n/words";

type Card = Readonly<Record<string, unknown>>;

interface Section {
  readonly type: "grid";
  readonly column_span?: number;
  readonly cards: readonly Card[];
}

export interface View {
  readonly type: "sections";
  readonly max_columns: number;
  readonly dense_section_placement: boolean;
  readonly badges: readonly Card[];
  readonly sections: readonly Section[];
}

export type Text = (key: TextKey, values?: TextValues) => string;

export type ViewName = "overview" | "history" | "inverter";

/** A tile: the key of its entity, and what else its card has. */
type Tile = readonly [key: string, options?: Card];

const TREND = { features: [{ type: "trend-graph", hours_to_show: 1 }], grid_options: { columns: 6, rows: 2 } };
const SLIDER = { features: [{ type: "numeric-input", style: "slider" }], grid_options: { columns: 12 } };
const CHOICE = { features: [{ type: "select-options" }], hide_state: true, grid_options: { columns: 12 } };
const TOGGLE = { features: [{ type: "toggle" }], features_position: "inline", grid_options: { columns: 12 } };

/** Badges that are there only while something is wrong, with the state in which they are. */
const WARNINGS: readonly (readonly [key: string, state: string])[] = [
  ["connected", "off"],
  ["alarm", "on"],
  ["price_data_stale", "on"],
  ["trading_problem", "on"],
];

const FLOWS: readonly Tile[] = [
  ["pv_power", { color: "amber", ...TREND }],
  ["load_power", { color: "indigo", ...TREND }],
  ["grid_import_power", { color: "blue", ...TREND }],
  ["grid_export_power", { color: "deep-purple", ...TREND }],
  ["battery_charge_power", { color: "teal", ...TREND }],
  ["battery_discharge_power", { color: "orange", ...TREND }],
];
const PRICES: readonly Tile[] = [
  ["import_price", { color: "blue" }],
  ["export_price", { color: "deep-purple" }],
  ["price_level"],
  ["spot_price", { color: "teal" }],
  ["price_freshness", { grid_options: { columns: 12 } }],
  ["next_cheap_window", { grid_options: { columns: 12 } }],
];
const STATE: readonly Tile[] = [
  ["status"],
  ["charging_status"],
  ["battery_soc", { color: "teal" }],
  ["battery_voltage"],
  ["temperature_1"],
  ["pv_energy_today", { color: "amber" }],
  ["load_energy_today", { color: "indigo" }],
  ["connected", { color: "green" }],
  ["alarm"],
  ["last_fault", { state_content: ["state", "time"], grid_options: { columns: 12 } }],
];
const SETTINGS: readonly Tile[] = [
  ["max_charge_current", SLIDER],
  ["grid_charge_current_limit", SLIDER],
  ["soc_stop_discharge", SLIDER],
  ["max_grid_power", SLIDER],
  ["output_priority", CHOICE],
  ["charge_priority", CHOICE],
];
const WINDOWS = [
  "timed_charge",
  "charge_window_1",
  "charge_start_1",
  "charge_end_1",
  "timed_discharge",
  "discharge_window_1",
  "discharge_start_1",
  "discharge_end_1",
];

/** Return the names of an entry's views. */
export function viewsOf(entry: SiteEntry): ViewName[] {
  const has = (keys: readonly string[]): boolean => keys.some((key) => key in entry.entities);
  const names: ViewName[] = ["overview"];
  if (has(["battery_soc", "battery_power", "savings_today"])) names.push("history");
  if (has(STATE.map(([key]) => key))) names.push("inverter");
  return names;
}

/** Return the first view: the plan, the other cards, and the prices. */
export function overviewOf(entry: SiteEntry, text: Text, cards: readonly string[]): View {
  const own = (tag: string): Card => ({
    type: `custom:${tag}`,
    entry: entry.entry_id,
    grid_options: { columns: "full" },
  });
  const [plan, ...others] = cards;
  return view(entry, [
    ...(plan === undefined ? [] : [section([own(plan)], 3)]),
    ...others.map((tag) => section([own(tag)])),
    tiles(entry, text("screen_part_prices"), "mdi:cash-clock", PRICES),
  ]);
}

/** Return the second view: what was planned beside what was measured, and the savings by day. */
export function historyOf(entry: SiteEntry, text: Text): View {
  const graph = (...pairs: readonly (readonly [key: string, color: string])[]): Card[] => {
    const entities = pairs.flatMap(([key, color]) => {
      const entity = entry.entities[key];
      return entity === undefined ? [] : [{ entity, color, name: { type: "entity" } }];
    });
    const options = { hours_to_show: 24, grid_options: { columns: "full", rows: 5 } };
    return entities.length > 0 ? [{ type: "history-graph", entities, ...options }] : [];
  };
  const saved = ["savings_today", "planning_savings_today"].flatMap((key) => entry.entities[key] ?? []);
  return view(entry, [
    headed(text("screen_plan_and_reality"), "mdi:chart-line", [
      ...graph(["battery_soc", "teal"], ["planned_soc", "grey"]),
      ...graph(["battery_power", "teal"], ["planned_battery_power", "grey"]),
    ]),
    headed(text("screen_sun_and_house"), "mdi:solar-power", [
      ...graph(["pv_power", "amber"], ["load_power", "indigo"]),
      ...graph(["grid_power", "blue"]),
    ]),
    headed(
      text("screen_page_savings"),
      "mdi:piggy-bank-outline",
      saved.map((entity) => ({
        type: "statistics-graph",
        entities: [entity],
        period: "day",
        days_to_show: 30,
        stat_types: ["max"],
        chart_type: "bar",
        hide_legend: true,
        title: text(entity === entry.entities["savings_today"] ? "screen_saved_a_day" : "screen_planned_a_day"),
        grid_options: { columns: "full", rows: 5 },
      })),
    ),
  ]);
}

/** Return the third view: the inverter's own values, and its settings for whoever may change them. */
export function inverterOf(entry: SiteEntry, text: Text): View {
  const mayChange = entry.may.steer || entry.may.registers;
  const windows = WINDOWS.flatMap((key) => entry.entities[key] ?? []);
  return view(entry, [
    tiles(entry, text("screen_sun_and_house"), "mdi:transit-connection-variant", FLOWS),
    tiles(entry, text("screen_inverter"), "mdi:home-battery-outline", STATE),
    ...(mayChange
      ? [
          tiles(entry, text("screen_settings"), "mdi:tune", [...SETTINGS, ["automation", TOGGLE]]),
          headed(
            text("screen_windows"),
            "mdi:clock-outline",
            windows.length > 0
              ? [
                  {
                    type: "entities",
                    state_color: true,
                    entities: windows.map((entity) => ({ entity, name: { type: "entity" } })),
                  },
                ]
              : [],
          ),
        ]
      : []),
  ]);
}

function view(entry: SiteEntry, sections: readonly (Section | undefined)[]): View {
  const badges = WARNINGS.flatMap(([key, state]) => {
    const entity = entry.entities[key];
    if (entity === undefined) return [];
    const visibility = [{ condition: "state", entity, state }];
    return [{ type: "entity", entity, show_name: true, name: { type: "entity" }, color: "red", visibility }];
  });
  return {
    type: "sections",
    max_columns: 3,
    dense_section_placement: true,
    badges,
    sections: sections.filter((one) => one !== undefined),
  };
}

function section(cards: readonly Card[], columns?: number): Section {
  return { type: "grid", ...(columns === undefined ? {} : { column_span: columns }), cards };
}

/** Return a section with a heading; nothing where it would have no card. */
function headed(heading: string, icon: string, cards: readonly Card[]): Section | undefined {
  return cards.length > 0 ? section([{ type: "heading", heading, icon }, ...cards]) : undefined;
}

function tiles(entry: SiteEntry, heading: string, icon: string, all: readonly Tile[]): Section | undefined {
  const cards = all.flatMap(([key, options]) => {
    const entity = entry.entities[key];
    return entity === undefined ? [] : [{ type: "tile", entity, name: { type: "entity" }, ...options }];
  });
  return headed(heading, icon, cards);
}
