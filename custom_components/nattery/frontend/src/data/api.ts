/** The websocket API, version 1 (docs/api.md). Times are ISO 8601, or unix seconds in columns; unknown is null. */

export type ActionKind = "self_consume" | "hold" | "charge" | "discharge";

export type ReasonValue = string | number | boolean | null | readonly string[] | Reason;

/** A sentence as the key of its text and the values that fill it. */
export interface Reason {
  readonly key: string;
  readonly values: Readonly<Record<string, ReasonValue>>;
}

export interface SiteLimits {
  readonly capacity_kwh: number;
  readonly soc_min: number;
  readonly soc_max: number;
  readonly charge_w: number;
  readonly discharge_w: number;
  readonly import_w: number | null;
  readonly export_w: number | null;
}

export interface Permissions {
  readonly see: boolean;
  readonly steer: boolean;
  readonly registers: boolean;
}

export interface SiteEntry {
  readonly entry_id: string;
  readonly title: string;
  readonly state: string;
  readonly prices: boolean;
  readonly trading: boolean;
  readonly currency: string | null;
  readonly may: Permissions;
  readonly entities: Readonly<Record<string, string>>;
  readonly limits: SiteLimits | null;
  readonly strategies: readonly string[];
}

export interface Site {
  readonly api: number;
  readonly version: string;
  readonly time_zone: string;
  readonly entries: readonly SiteEntry[];
}

type Column<T> = readonly (T | null)[];

/** The plan's slots in columns; empty while there is no plan. */
export interface PlanSlots {
  readonly start?: readonly number[];
  readonly end?: readonly number[];
  readonly action?: readonly ActionKind[];
  readonly charge_kw?: Column<number>;
  readonly discharge_kw?: Column<number>;
  readonly grid_kw?: Column<number>;
  readonly curtail_kw?: Column<number>;
  readonly load_kw?: Column<number>;
  readonly load_p10_kw?: Column<number>;
  readonly load_p90_kw?: Column<number>;
  readonly pv_kw?: Column<number>;
  readonly pv_p10_kw?: Column<number>;
  readonly pv_p90_kw?: Column<number>;
  readonly import_price?: Column<number>;
  readonly export_price?: Column<number>;
  readonly spot_price?: Column<number>;
  readonly soc_end?: Column<number>;
  readonly marginal_value?: Column<number>;
  readonly cost?: Column<number>;
  readonly saving?: Column<number>;
  readonly override?: Column<string>;
  readonly reason?: Column<Reason>;
}

export interface Present {
  readonly action: ActionKind | null;
  readonly power_w: number | null;
  readonly start: string | null;
  readonly until: string | null;
  readonly performed: boolean;
  readonly override: string | null;
  readonly reason: Reason | null;
}

export interface Override {
  readonly id: string;
  readonly action: ActionKind;
  readonly power_w: number | null;
  readonly start: string;
  readonly end: string;
  readonly user: string | null;
  readonly set_at: string | null;
}

export interface Money {
  readonly cost: number | null;
  readonly saving: number | null;
}

export interface PlanPicture {
  readonly api: number;
  readonly made_at: string | null;
  readonly problem: string | null;
  readonly automatic: boolean;
  readonly strategy: string;
  readonly reserve: number | null;
  readonly currency: string;
  readonly cost: number | null;
  readonly solver: string | null;
  readonly notes: readonly Reason[];
  readonly present: Present | null;
  readonly pause: { readonly until: string | null; readonly reason: Reason | null } | null;
  readonly overrides: readonly Override[];
  readonly today: (Money & { readonly so_far: Money | null }) | null;
  readonly tomorrow: Money | null;
  readonly slots: PlanSlots;
}

export interface DayColumns {
  readonly start: readonly number[];
  readonly import_price?: Column<number>;
  readonly export_price?: Column<number>;
  readonly spot_price?: Column<number>;
  readonly import_kwh?: Column<number>;
  readonly export_kwh?: Column<number>;
  readonly charge_kwh?: Column<number>;
  readonly discharge_kwh?: Column<number>;
  readonly pv_kwh?: Column<number>;
  readonly load_kwh?: Column<number>;
  readonly soc?: Column<number>;
  readonly coverage?: Column<number>;
  readonly cost?: Column<number>;
  readonly no_battery?: Column<number>;
  readonly self_consumption?: Column<number>;
  readonly action?: Column<ActionKind>;
  readonly reason?: Column<Reason>;
  readonly forecast_pv_kwh?: Column<number>;
  readonly forecast_load_kwh?: Column<number>;
  readonly planned_action?: Column<ActionKind>;
  readonly planned_power_kw?: Column<number>;
  readonly planned_soc?: Column<number>;
  readonly planned_grid_kwh?: Column<number>;
  readonly planned_cost?: Column<number>;
}

export interface Day {
  readonly day: string;
  readonly start: string;
  readonly end: string;
  readonly time_zone: string;
  readonly currency: string;
  readonly columns: DayColumns;
  readonly sums: Readonly<Record<string, number | null>> | null;
}

export interface OverrideRequest {
  readonly action: ActionKind;
  readonly power_w?: number;
  readonly start?: string;
  readonly end?: string;
  readonly duration_s?: number;
}

export interface OverrideChange {
  readonly set?: readonly OverrideRequest[];
  readonly clear?: readonly string[] | "all";
}

export interface OverrideResult {
  readonly set: readonly Override[];
  readonly cleared: number;
  readonly undo: OverrideChange;
}

export interface WhatIfResult {
  readonly currency: string;
  readonly cost_now: number | null;
  readonly cost_then: number | null;
  readonly difference: number | null;
  readonly until: string | null;
  readonly start: readonly number[];
  readonly soc: readonly (number | null)[];
  readonly action: readonly ActionKind[];
  readonly solve_ms: number;
}

/** The picture of prices (nattery/prices/subscribe). */
export interface PricesPicture {
  readonly freshness?: string;
  readonly known_until?: string | null;
  readonly currency?: string;
  readonly [name: string]: unknown;
}

// --- the pages Inverter, Health and Savings

export interface RegisterRow {
  readonly symbol: string;
  readonly key: string;
  readonly platform: string | null;
  readonly name: string | null;
  readonly section: string;
  readonly group: string | null;
  readonly kind: string;
  readonly unit: string | null;
  readonly scale: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly choices: readonly { readonly value: number; readonly key: string | null }[];
  readonly risk: "none" | "risky" | "forbidden";
  readonly tier: string;
  readonly access: "R" | "RW" | "W";
  /** Whether trading sets it while automation is on. */
  readonly controlled: boolean;
}

export type RegisterJson = number | string | boolean | null | readonly unknown[];

export interface RegisterValue {
  readonly value: RegisterJson;
  readonly read_at: string | null;
  readonly changed_at: string | null;
  readonly error: string | null;
  readonly writes_today: number;
  readonly pending: boolean;
}

/** A daily time window; `start` and `end` are the symbols of the registers with its times. */
export interface RegisterWindow {
  readonly kind: "charge" | "discharge";
  readonly number: number | null;
  readonly start: string;
  readonly end: string;
}

/** An event of nattery/registers/subscribe: the first one has the table, later ones only what changed. */
export interface RegistersEvent {
  readonly table?: readonly RegisterRow[];
  readonly windows?: readonly RegisterWindow[];
  readonly write_limit?: number;
  readonly values: Readonly<Record<string, RegisterValue>>;
  readonly read_at: Readonly<Record<string, string | null>>;
}

export type Registers = Required<RegistersEvent>;

/** The answer of the action nattery.write_register. */
export interface WrittenRegister {
  readonly symbol: string;
  readonly old: RegisterJson;
  readonly new: RegisterJson;
  readonly changed: boolean;
}

export interface Poll {
  readonly tiers: readonly string[];
  readonly interval: number | null;
  readonly success: boolean;
  readonly read_at: string | null;
  readonly seconds: number | null;
  readonly failed: Readonly<Record<string, string>>;
}

export interface ForecastQuality {
  readonly days: number;
  readonly mean_absolute_error: number;
  readonly bias: number;
  readonly relative_error: number | null;
  readonly relative_bias: number | null;
  readonly hourly_error: number | null;
}

export interface HealthIssue {
  readonly key: string;
  readonly severity: string;
  readonly placeholders?: Readonly<Record<string, string>>;
  readonly ignored?: boolean;
}

/** An event of nattery/health/subscribe; the fields that may be missing are for administrators. */
export interface Health {
  readonly line: {
    readonly connected: boolean;
    readonly responding: boolean;
    readonly wrong_device: boolean;
    readonly requests?: number;
    readonly responses?: number;
    readonly errors?: Readonly<Record<string, number>>;
    readonly turnaround_p50?: number | null;
    readonly turnaround_p99?: number | null;
    readonly queue_wait_p99?: number | null;
    readonly bus_load?: number;
    readonly writes?: number;
    readonly late_responses?: number;
    readonly foreign_frames?: number;
    readonly reconnects?: number;
  };
  readonly polls?: {
    readonly readings: Poll;
    readonly settings: Poll;
    readonly statistics: Poll;
    readonly rejected_values: Readonly<Record<string, number>>;
    readonly unsupported: readonly string[];
    readonly writes_today: number;
    readonly frequently_written: Readonly<Record<string, number>>;
    readonly write_limit: number;
  };
  readonly prices: {
    readonly working: boolean;
    readonly freshness: string | null;
    readonly known_until: string | null;
    readonly status: string | null;
    readonly last_success?: string | null;
    readonly seconds?: number | null;
    readonly success_rate?: number | null;
    readonly failures?: number;
    readonly next_fetch?: { readonly at: string | null };
  } | null;
  readonly fetches?: readonly {
    readonly at: string;
    readonly source: string;
    readonly outcome: string;
    readonly seconds: number | null;
  }[];
  readonly forecast: { readonly load: ForecastQuality | null; readonly pv: ForecastQuality | null } | null;
  readonly database: {
    readonly working: boolean;
    readonly kind?: string;
    readonly last?: string | null;
    readonly pending?: number;
  } | null;
  readonly issues: readonly HealthIssue[];
}

export interface BacktestRequest {
  readonly start?: string;
  readonly end?: string;
  readonly capacity?: number;
  readonly charge?: number;
  readonly discharge?: number;
  readonly wear?: number;
  readonly battery_price?: number;
  readonly peak_price?: number;
}

export interface BacktestReport {
  readonly currency: string;
  readonly start: string;
  readonly end: string;
  readonly quarters: number;
  readonly coverage: number;
  readonly actual: number;
  readonly no_battery: number;
  readonly self_consumption: number;
  readonly daily_plan: number;
  readonly closed_loop: number;
  readonly perfect_forecast: number;
}

/** An event of nattery/backtest/subscribe. */
export interface BacktestStatus {
  readonly state: "idle" | "running" | "done" | "failed" | "cancelled";
  readonly progress: number;
  readonly seconds_left: number | null;
  readonly request: BacktestRequest | null;
  readonly result: BacktestReport | null;
  readonly error: {
    readonly key: string | null;
    readonly values: Readonly<Record<string, string>>;
    readonly message: string;
  } | null;
  readonly finished_at: string | null;
}
