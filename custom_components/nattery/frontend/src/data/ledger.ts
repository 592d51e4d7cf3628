/** Reads reports of the ledger (the action nattery.get_ledger) and keeps each until there may be news. */
import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { Connection } from "home-assistant-js-websocket";
import { asCommandError } from "./store";
import type { CommandError } from "./hass";

/** The report of a day or month. Money is null if nothing is booked with prices. */
export interface LedgerRow {
  readonly start: string;
  readonly end: string;
  readonly currency: string | null;
  readonly coverage: number;
  readonly priced_coverage: number;
  readonly cost: number | null;
  readonly no_battery_cost: number | null;
  readonly self_consumption_cost: number | null;
  readonly saved_over_no_battery: number | null;
  readonly saved_over_self_consumption: number | null;
}

export interface LedgerQuery {
  readonly period: "day" | "month";
  readonly start: string;
  readonly end: string;
}

interface Kept {
  readonly stamp: string;
  readonly rows: Promise<readonly LedgerRow[]>;
}

const MOST_KEPT = 24;
const kept = new WeakMap<Connection, Map<string, Kept>>();

/** Read reports, unless they were read with this stamp. */
export function readLedger(
  connection: Connection,
  entryId: string,
  query: LedgerQuery,
  stamp: string,
): Promise<readonly LedgerRow[]> {
  let reports = kept.get(connection);
  if (!reports) kept.set(connection, (reports = new Map<string, Kept>()));
  const key = `${entryId} ${query.period} ${query.start}`;
  const found = reports.get(key);
  if (found?.stamp === stamp) return found.rows;
  const rows = connection
    .sendMessagePromise<{ response: { rows: LedgerRow[] } }>({
      type: "call_service",
      domain: "nattery",
      service: "get_ledger",
      service_data: { config_entry_id: entryId, ...query },
      return_response: true,
    })
    .then(({ response }) => response.rows);
  reports.set(key, { stamp, rows });
  rows.catch(() => reports.delete(key));
  const oldest = reports.keys().next();
  if (reports.size > MOST_KEPT && !oldest.done) reports.delete(oldest.value);
  return rows;
}

export class LedgerController implements ReactiveController {
  /** Undefined until they have come. */
  rows: readonly LedgerRow[] | undefined;
  error: CommandError | undefined;
  private key = "";

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostConnected(): void {
    this.key = ""; // read again what may have changed meanwhile
  }

  /** Show these reports from now on; a new `stamp` says that there may be news. */
  use(connection: Connection, entryId: string | undefined, query: LedgerQuery, stamp: string): void {
    if (entryId === undefined) return;
    const key = JSON.stringify([entryId, query.period, query.start, stamp]);
    if (key === this.key) return;
    this.key = key;
    void this.read(key, readLedger(connection, entryId, query, stamp));
  }

  private async read(key: string, reading: Promise<readonly LedgerRow[]>): Promise<void> {
    try {
      const rows = await reading;
      if (key !== this.key) return;
      this.rows = rows;
      this.error = undefined;
    } catch (error) {
      if (key !== this.key) return;
      this.error = asCommandError(error);
    }
    this.host.requestUpdate();
  }
}
