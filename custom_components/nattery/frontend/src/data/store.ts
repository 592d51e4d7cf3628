/** Subscriptions, one for each connection and message however many elements follow it. */
import type { Connection } from "home-assistant-js-websocket";
import type { CommandError } from "./hass";

export interface Message {
  readonly type: string;
  readonly [name: string]: unknown;
}

/** What is known of a subscription. `value` is undefined before the first event, null while the entry is not loaded. */
export interface Feed<T> {
  readonly value: T | null | undefined;
  readonly error: CommandError | undefined;
  /** When the value came, in ms; 0 before. */
  readonly at: number;
}

type Listener<T> = (feed: Feed<T>) => void;

/** Joins an event with what was known, for topics whose events tell only what changed. */
export type Reducer<T> = (known: T | null | undefined, event: T) => T;

/** A tab that is hidden for longer than this gets no events. */
export const HIDDEN_MS = 10_000;
const LINGER_MS = 5_000; // an element that moves on the page leaves and comes back at once
const RETRY_MS = [5_000, 15_000, 60_000] as const;

const NOTHING: Feed<never> = { value: undefined, error: undefined, at: 0 };

class Subscription<T> {
  feed: Feed<T> = NOTHING;
  private readonly listeners = new Set<Listener<T>>();
  private running = false;
  private generation = 0;
  private stopRemote: (() => Promise<void>) | undefined;
  private failures = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private lingering: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly message: Message,
    private readonly forget: () => void,
    private readonly reduce: Reducer<T> | undefined,
  ) {}

  add(listener: Listener<T>): () => void {
    clearTimeout(this.lingering);
    this.listeners.add(listener);
    if (!page.isAsleep) this.start();
    if (this.feed !== NOTHING) listener(this.feed);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) {
        this.lingering = setTimeout(() => {
          this.stop();
          this.forget();
        }, LINGER_MS);
      }
    };
  }

  start(): void {
    if (this.running || this.listeners.size === 0) return;
    this.running = true;
    void this.open(++this.generation);
  }

  stop(): void {
    if (!this.running) return;
    this.running = false;
    this.generation++;
    clearTimeout(this.retry);
    this.close(this.stopRemote);
    this.stopRemote = undefined;
  }

  private async open(generation: number): Promise<void> {
    try {
      const stop = await this.connection.subscribeMessage<T | null>((event) => {
        if (generation !== this.generation) return;
        this.failures = 0;
        const value = event !== null && this.reduce ? this.reduce(this.feed.value, event) : event;
        this.publish({ value, error: undefined, at: Date.now() });
      }, this.message);
      if (generation === this.generation) this.stopRemote = stop;
      else this.close(stop);
    } catch (error) {
      if (generation !== this.generation) return;
      this.publish({ ...this.feed, error: asCommandError(error) });
      const wait = RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)];
      this.retry = setTimeout(() => void this.open(generation), wait);
    }
  }

  private close(stop: (() => Promise<void>) | undefined): void {
    stop?.().catch(() => undefined); // the connection is gone, and with it the subscription
  }

  private publish(feed: Feed<T>): void {
    this.feed = feed;
    for (const listener of this.listeners) listener(feed);
  }
}

const subscriptions = new WeakMap<Connection, Map<string, Subscription<unknown>>>();
const everywhere = new Set<Subscription<unknown>>();

/** Follow a topic: `listener` gets what is known at once if anything is, and then every event. Returns what ends it. */
export function follow<T>(
  connection: Connection,
  message: Message,
  listener: Listener<T>,
  reduce?: Reducer<T>,
): () => void {
  page.watch();
  const key = JSON.stringify(message);
  let shared = subscriptions.get(connection);
  if (!shared) subscriptions.set(connection, (shared = new Map<string, Subscription<unknown>>()));
  let subscription = shared.get(key) as Subscription<T> | undefined;
  if (!subscription) {
    const forget = (): void => {
      shared.delete(key);
      everywhere.delete(made as Subscription<unknown>);
    };
    const made: Subscription<T> = new Subscription<T>(connection, message, forget, reduce);
    subscription = made;
    shared.set(key, made as Subscription<unknown>);
    everywhere.add(made as Subscription<unknown>);
  }
  return subscription.add(listener);
}

/** Whether the page has been hidden for so long that nothing is subscribed. */
const page = {
  isAsleep: false,
  isWatched: false,
  timer: undefined as ReturnType<typeof setTimeout> | undefined,
  watch(): void {
    if (this.isWatched || typeof document === "undefined") return;
    this.isWatched = true;
    document.addEventListener("visibilitychange", () => {
      clearTimeout(this.timer);
      if (document.hidden) {
        this.timer = setTimeout(() => {
          this.isAsleep = true;
          for (const one of everywhere) one.stop();
        }, HIDDEN_MS);
      } else if (this.isAsleep) {
        this.isAsleep = false;
        for (const one of everywhere) one.start();
      }
    });
  },
};

/** Return an error of a command in the form of docs/api.md, whatever was thrown. */
export function asCommandError(error: unknown): CommandError {
  if (typeof error === "object" && error !== null && "code" in error) {
    const { code, message = "" } = error as { code: unknown; message?: unknown };
    return { ...error, code: String(code), message: String(message) };
  }
  // home-assistant-js-websocket rejects with a number when the connection is lost.
  return { code: typeof error === "number" ? "disconnected" : "unknown", message: String(error) };
}
