/** A made-up house and day, the same at every run: what the websocket commands of docs/api.md would answer. */
import type {
  ActionKind,
  Day,
  Override,
  PlanPicture,
  PricesPicture,
  Reason,
  Site,
  SiteEntry,
  WhatIfResult,
} from "../src/data/api";
import { addDays, Zone } from "../src/i18n/zone";

const QUARTER = 900_000;
const HOUR = 3_600_000;
const CAPACITY = 10; // kWh

export interface HouseOptions {
  readonly zone?: string;
  readonly now?: string;
  readonly scene?: Scene;
}

export type Scene =
  | "plain"
  | "override"
  | "stale"
  | "unknown"
  | "dry_run"
  | "paused"
  | "silent"
  | "null"
  | "viewer"
  | "no_trading"
  | "empty";

/** A bump of a height around an hour of the day. */
const bump = (hour: number, centre: number, width: number, height: number): number =>
  height * Math.exp(-(((hour - centre) / width) ** 2));

/** A number that looks like chance and is always the same. */
const chance = (seed: number): number => {
  const value = Math.sin(seed * 12.9898) * 43758.5453;
  return value - Math.floor(value);
};

export class House {
  readonly zone: Zone;
  readonly now: number;
  readonly scene: Scene;
  readonly today: string;

  constructor({ zone = "Europe/Berlin", now = "2026-11-27T13:19:00Z", scene = "plain" }: HouseOptions = {}) {
    this.zone = new Zone(zone);
    this.now = Date.parse(now);
    this.scene = scene;
    this.today = this.zone.dayOf(this.now);
  }

  get entry(): SiteEntry {
    const steer = this.scene !== "viewer";
    return {
      entry_id: "house",
      title: "Cellar",
      state: "loaded",
      prices: true,
      trading: this.scene !== "no_trading",
      currency: "EUR",
      may: { see: true, steer, registers: steer },
      entities: {},
      limits: {
        capacity_kwh: CAPACITY,
        soc_min: 0.12,
        soc_max: 1,
        charge_w: 4500,
        discharge_w: 4500,
        import_w: 11000,
        export_w: 8000,
      },
      strategies: ["optimise", "self_consumption"],
    };
  }

  get site(): Site {
    const entries = this.scene === "empty" ? [] : [this.entry];
    return { api: 1, version: "0.1.0", time_zone: this.zone.name, entries };
  }

  get prices(): PricesPicture {
    const end = this.zone.endOf(this.knowsTomorrow ? addDays(this.today, 1) : this.today);
    const freshness = this.scene === "stale" ? "late" : this.knowsTomorrow ? "fresh" : "expected";
    return { freshness, known_until: new Date(end).toISOString(), currency: "EUR" };
  }

  /** Return the present picture of the plan: from the quarter-hour of now to the end of what prices are known for. */
  get plan(): PlanPicture | null {
    if (this.scene === "null") return null;
    const from = Math.floor(this.now / QUARTER) * QUARTER;
    const starts = this.starts(from, this.zone.endOf(this.knowsTomorrow ? addDays(this.today, 1) : this.today));
    const rows = starts.map((start) => this.quarter(start));
    const present = rows[0];
    const next = rows.find((row) => row.action !== present?.action);
    return {
      api: 1,
      made_at: new Date(this.now - 4 * 60_000).toISOString(),
      problem: this.scene === "silent" ? "no_readings" : null,
      automatic: this.scene !== "dry_run",
      strategy: "optimise",
      reserve: 0.12,
      currency: "EUR",
      cost: -0.4,
      solver: "stochastic",
      notes: [],
      present: present
        ? {
            action: present.action,
            power_w: Math.abs(present.battery) * 1000,
            start: new Date(from).toISOString(),
            until: new Date(next?.start ?? from + HOUR).toISOString(),
            performed: this.scene !== "dry_run",
            override: null,
            reason: present.reason,
          }
        : null,
      pause:
        this.scene === "paused"
          ? {
              until: new Date(this.now + HOUR).toISOString(),
              reason: {
                key: "control_changed_by_hand",
                values: { settings: ["charge_window_1"], until: new Date(this.now + HOUR).toISOString() },
              },
            }
          : null,
      overrides: this.overrides,
      today: { cost: -0.64, saving: 1.83, so_far: { cost: 0.21, saving: 0.92 } },
      tomorrow: this.knowsTomorrow ? { cost: 0.31, saving: 1.2 } : null,
      slots: {
        start: rows.map((row) => row.start / 1000),
        end: rows.map((row) => (row.start + QUARTER) / 1000),
        action: rows.map((row) => row.action),
        charge_kw: rows.map((row) => Math.max(0, row.battery)),
        discharge_kw: rows.map((row) => Math.max(0, -row.battery)),
        grid_kw: rows.map((row) => row.grid),
        load_kw: rows.map((row) => row.load),
        pv_kw: rows.map((row) => row.pv),
        import_price: rows.map((row) => row.importPrice),
        export_price: rows.map((row) => row.exportPrice),
        soc_end: rows.map((row) => row.soc),
        marginal_value: rows.map(() => 0.16),
        cost: rows.map((row) => row.cost),
        override: rows.map((row) => row.override),
        reason: rows.map((row) => row.reason),
      },
    };
  }

  /** Return a local day: booked until now, prices and the morning's forecast for the rest. */
  day(day: string): Day {
    const starts = this.starts(this.zone.startOf(day), this.zone.endOf(day));
    const rows = starts.map((start) => this.quarter(start));
    const past = (start: number): boolean => start + QUARTER <= this.now;
    const isPriced = (start: number): boolean => this.knowsTomorrow || start < this.zone.endOf(this.today);
    const column = <T>(pick: (row: (typeof rows)[number]) => T): (T | null)[] =>
      rows.map((row) => (past(row.start) ? pick(row) : null));
    const kwh = (kw: number): number => kw / 4;
    return {
      day,
      start: new Date(this.zone.startOf(day)).toISOString(),
      end: new Date(this.zone.endOf(day)).toISOString(),
      time_zone: this.zone.name,
      currency: "EUR",
      columns: {
        start: rows.map((row) => row.start / 1000),
        import_price: rows.map((row) => (isPriced(row.start) ? row.importPrice : null)),
        export_price: rows.map((row) => (isPriced(row.start) ? row.exportPrice : null)),
        import_kwh: column((row) => kwh(Math.max(0, row.grid))),
        export_kwh: column((row) => kwh(Math.max(0, -row.grid))),
        charge_kwh: column((row) => kwh(Math.max(0, row.battery))),
        discharge_kwh: column((row) => kwh(Math.max(0, -row.battery))),
        pv_kwh: column((row) => kwh(row.pv * (0.92 + 0.16 * chance(row.start / QUARTER)))),
        load_kwh: column((row) => kwh(row.load * (0.85 + 0.4 * chance(row.start / QUARTER + 7)))),
        soc: column((row) => row.soc),
        coverage: column(() => 1),
        cost: column((row) => row.cost),
        action: column((row) => row.action),
        reason: column((row) => row.reason),
        planned_action: column((row) => row.action),
        planned_power_kw: column((row) => row.battery),
        planned_soc: column((row) => Math.min(1, row.soc + 0.02)),
        forecast_pv_kwh: rows.map((row) => kwh(row.pv)),
        forecast_load_kwh: rows.map((row) => kwh(row.load)),
      },
      sums: null,
    };
  }

  whatIf(action: ActionKind): WhatIfResult {
    const plan = this.plan;
    const soc = plan?.slots.soc_end ?? [];
    return {
      currency: "EUR",
      cost_now: -0.4,
      cost_then: action === "self_consume" ? -0.4 : -0.06,
      difference: action === "self_consume" ? 0 : 0.34,
      until: new Date(this.zone.endOf(this.today)).toISOString(),
      start: plan?.slots.start ?? [],
      soc: soc.map((value, index) => (value === null || index < 17 ? value : Math.min(1, value + 0.12))),
      action: plan?.slots.action ?? [],
      solve_ms: 40,
    };
  }

  private get knowsTomorrow(): boolean {
    return this.scene !== "stale" && this.scene !== "unknown";
  }

  private get overrides(): Override[] {
    if (this.scene !== "override") return [];
    return [
      {
        id: "one",
        action: "hold",
        power_w: null,
        start: new Date(this.at(20)).toISOString(),
        end: new Date(this.at(22)).toISOString(),
        user: null,
        set_at: new Date(this.now).toISOString(),
      },
    ];
  }

  private at(hour: number): number {
    return this.zone.startOf(this.today) + hour * HOUR;
  }

  private starts(from: number, to: number): number[] {
    return Array.from({ length: Math.max(0, Math.round((to - from) / QUARTER)) }, (_, index) => from + index * QUARTER);
  }

  private quarter(start: number) {
    const local = this.zone.local(start);
    const hour = local.hour + local.minute / 60;
    const isToday = local.day <= this.today;
    const step = Math.floor(hour * 4) % 4;
    const spot = 0.1 + bump(hour, 8, 2.2, 0.11) + bump(hour, 18.2, 2.6, isToday ? 0.2 : 0.24) + (step - 1.5) * 0.003;
    const exportPrice = spot - 0.02 - bump(hour, 13, isToday ? 3 : 2.6, isToday ? 0.06 : 0.18);
    const importPrice = exportPrice * 1.06 + 0.13 - bump(hour, 13, 3, isToday ? 0.02 : 0.07);
    const pv =
      hour < 8 || hour > 16.3 ? 0 : bump(hour, 12.2, 2.2, isToday ? 2.6 : 4.3) * (0.9 + 0.2 * chance(step + hour));
    const load =
      0.5 + bump(hour, 7.5, 0.6, 0.8) + (hour >= 17.5 && hour < 21 ? 1.1 : 0) + 0.1 * chance(start / QUARTER);
    const isOverridden = this.scene === "override" && start >= this.at(20) && start < this.at(22);
    const action = isOverridden ? ("hold" as const) : actionAt(hour, isToday);
    const soc = socAt(hour, isToday);
    const battery = action === "charge" ? 1.9 : action === "discharge" ? -3.3 : action === "hold" ? 0 : pv - load;
    const grid = action === "self_consume" ? 0 : load + battery - pv;
    return {
      start,
      action,
      importPrice,
      exportPrice,
      pv,
      load,
      soc,
      battery,
      grid,
      cost: (grid > 0 ? grid * importPrice : grid * exportPrice) / 4,
      override: isOverridden ? "one" : null,
      reason: reasonFor(action, importPrice, exportPrice, this.at(17.75), isOverridden ? this.at(22) : undefined),
    };
  }
}

function actionAt(hour: number, isToday: boolean): ActionKind {
  const charge = isToday ? [2.5, 4.75] : [11.5, 14.5];
  if (hour >= (charge[0] ?? 0) && hour < (charge[1] ?? 0)) return "charge";
  if (hour >= 17.75 && hour < 19.25) return "discharge";
  if ((isToday && hour < 2.5) || (!isToday && hour < 2.5) || hour >= 21.5) return "hold";
  return "self_consume";
}

/** The state of charge by the hour: a line through points. */
function socAt(hour: number, isToday: boolean): number {
  const points = isToday
    ? [
        [0, 0.42],
        [2.5, 0.43],
        [4.75, 0.88],
        [8.5, 0.66],
        [9.5, 0.66],
        [12.5, 0.98],
        [16, 1],
        [17.75, 0.93],
        [19.25, 0.57],
        [21.5, 0.36],
        [24, 0.35],
      ]
    : [
        [0, 0.35],
        [2.5, 0.35],
        [7, 0.2],
        [8.5, 0.13],
        [9.5, 0.16],
        [11.5, 0.45],
        [14, 1],
        [16, 1],
        [17.75, 0.93],
        [19.25, 0.57],
        [21.5, 0.38],
        [24, 0.36],
      ];
  for (let i = 1; i < points.length; i++) {
    const [from = 0, low = 0] = points[i - 1] ?? [];
    const [to = 0, high = 0] = points[i] ?? [];
    if (hour <= to) return low + ((high - low) * (hour - from)) / (to - from);
  }
  return 0.35;
}

function reasonFor(action: ActionKind, pay: number, get: number, evening: number, until: number | undefined): Reason {
  const numbers = { marginal_value: 0.31, losses_and_wear: 0.03, margin: 0.05, power_kw: 1.9, break_even_price: 0.192 };
  const later = { used_at: new Date(evening).toISOString(), used_price: 0.31 };
  if (until !== undefined) return { key: "control_override", values: { until: new Date(until).toISOString() } };
  switch (action) {
    case "charge":
      return { key: "plan_charge", values: { price: pay, ...later, ...numbers } };
    case "discharge":
      return { key: "plan_discharge", values: { price: get, ...numbers } };
    case "hold":
      return { key: "plan_keep", values: { price: pay, ...later, ...numbers } };
    case "self_consume":
      return { key: "plan_store_surplus", values: { price: get, ...later, ...numbers } };
  }
}
