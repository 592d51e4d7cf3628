/** What is set up and what this user may: read once a connection, and again when it may have changed. */
import type { Connection } from "home-assistant-js-websocket";
import type { Site, SiteEntry } from "./api";
import { asCommandError } from "./store";
import type { CommandError } from "./hass";

export interface SiteState {
  readonly site: Site | undefined;
  readonly error: CommandError | undefined;
}

const EVERY_MS = 30_000;
const AT_MOST_MS = 3_000;

class SiteStore {
  state: SiteState = { site: undefined, error: undefined };
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setInterval> | undefined;
  private asked = 0;
  private text = "";

  constructor(private readonly connection: Connection) {
    connection.addEventListener("ready", () => void this.refresh(true));
  }

  add(listener: () => void): () => void {
    this.listeners.add(listener);
    this.timer ??= setInterval(() => {
      if (!document.hidden) void this.refresh();
    }, EVERY_MS);
    void this.refresh();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
  }

  async refresh(force = false): Promise<void> {
    const now = Date.now();
    if (!force && now - this.asked < AT_MOST_MS) return;
    this.asked = now;
    let state: SiteState;
    try {
      state = { site: await this.connection.sendMessagePromise<Site>({ type: "nattery/site" }), error: undefined };
    } catch (error) {
      state = { site: this.state.site, error: asCommandError(error) };
    }
    const text = JSON.stringify(state);
    if (text === this.text) return;
    this.text = text;
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}

const stores = new WeakMap<Connection, SiteStore>();

export function siteOf(connection: Connection): SiteStore {
  let store = stores.get(connection);
  if (!store) stores.set(connection, (store = new SiteStore(connection)));
  return store;
}

/** Return the entry that a configuration names; without a name the first that trades, else the first. */
export function entryOf(site: Site, entryId: string | undefined): SiteEntry | undefined {
  if (entryId !== undefined && entryId !== "") return site.entries.find((entry) => entry.entry_id === entryId);
  const seen = site.entries.filter((entry) => entry.may.see);
  return seen.find((entry) => entry.trading) ?? seen[0] ?? site.entries[0];
}
