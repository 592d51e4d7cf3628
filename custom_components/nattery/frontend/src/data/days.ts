/** Reads local days (nattery/day) and keeps them: a day that is over stays, today is read again every quarter-hour. */
import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { Connection } from "home-assistant-js-websocket";
import type { Day } from "./api";
import { asCommandError } from "./store";
import type { CommandError } from "./hass";

interface Kept {
  readonly stamp: string;
  readonly day: Promise<Day | null>;
}

const MOST_DAYS = 60;
const kept = new WeakMap<Connection, Map<string, Kept>>();

/** Read a day, unless it was read with this stamp. */
export function readDay(connection: Connection, entryId: string, day: string, stamp: string): Promise<Day | null> {
  let days = kept.get(connection);
  if (!days) kept.set(connection, (days = new Map<string, Kept>()));
  const key = `${entryId} ${day}`;
  const found = days.get(key);
  if (found?.stamp === stamp) return found.day;
  const reading = connection.sendMessagePromise<Day | null>({ type: "nattery/day", entry_id: entryId, day });
  days.set(key, { stamp, day: reading });
  reading.catch(() => days.delete(key));
  const oldest = days.keys().next();
  if (days.size > MOST_DAYS && !oldest.done) days.delete(oldest.value);
  return reading;
}

export class DaysController implements ReactiveController {
  days: readonly (Day | null | undefined)[] = [];
  error: CommandError | undefined;
  private key = "";

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostConnected(): void {
    this.key = ""; // read again what may have changed meanwhile
  }

  /** Show these days from now on; `stamp` says when those that are not over are to be read again. */
  use(
    connection: Connection,
    entryId: string | undefined,
    days: readonly string[],
    today: string,
    stamp: string,
  ): void {
    const asked = days.map((day) => [day, day < today ? today : stamp] as const);
    const key = JSON.stringify([entryId, asked]);
    if (key === this.key) return;
    this.key = key;
    if (entryId === undefined) {
      this.days = [];
      return;
    }
    void this.read(
      key,
      asked.map(([day, one]) => readDay(connection, entryId, day, one)),
    );
  }

  private async read(key: string, reading: Promise<Day | null>[]): Promise<void> {
    const results = await Promise.allSettled(reading);
    if (key !== this.key) return;
    const failed = results.find((one) => one.status === "rejected");
    this.error = failed ? asCommandError(failed.reason) : undefined;
    this.days = results.map((one) => (one.status === "fulfilled" ? one.value : undefined));
    this.host.requestUpdate();
  }
}
