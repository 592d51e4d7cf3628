/** Controllers that give an element the data it shows, and render it when the data change. */
import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { Connection } from "home-assistant-js-websocket";
import { follow, type Feed, type Message, type Reducer } from "./store";

/** Follows the subscription of a message, which may change or be missing at any render. */
export class FeedController<T> implements ReactiveController {
  feed: Feed<T> = { value: undefined, error: undefined, at: 0 };
  private key = "";
  private connection: Connection | undefined;
  private end: (() => void) | undefined;

  /** `changed` is called with every event, before the element renders; `reduce` joins events that tell only changes. */
  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly changed?: (feed: Feed<T>) => void,
    private readonly reduce?: Reducer<T>,
  ) {
    host.addController(this);
  }

  /** Follow this message on this connection from now on; nothing without a message. */
  use(connection: Connection, message: Message | undefined): void {
    const key = message ? JSON.stringify(message) : "";
    if (key === this.key && connection === this.connection) return;
    this.end?.();
    this.key = key;
    this.connection = connection;
    this.feed = { value: undefined, error: undefined, at: 0 };
    this.end = undefined;
    this.begin();
  }

  hostConnected(): void {
    this.begin();
  }

  hostDisconnected(): void {
    this.end?.();
    this.end = undefined;
  }

  private begin(): void {
    if (!this.key || this.end || !this.connection) return;
    const listener = (feed: Feed<T>): void => {
      this.feed = feed;
      this.changed?.(feed);
      this.host.requestUpdate();
    };
    this.end = follow<T>(this.connection, JSON.parse(this.key) as Message, listener, this.reduce);
  }
}

/** The time, at most `every` ms old; renders the element when a new period begins. */
export class ClockController implements ReactiveController {
  now = Date.now();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly every = 60_000,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.now = Date.now();
    this.wait();
  }

  hostDisconnected(): void {
    clearTimeout(this.timer);
  }

  private wait(): void {
    this.timer = setTimeout(
      () => {
        this.now = Date.now();
        if (!document.hidden) this.host.requestUpdate();
        this.wait();
      },
      this.every - (Date.now() % this.every),
    );
  }
}

/** Whether the connection has been lost for longer than a moment, and since when. */
export class ConnectionController implements ReactiveController {
  lostAt: number | undefined;
  private connection: Connection | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly patience = 10_000,
  ) {
    host.addController(this);
  }

  use(connection: Connection): void {
    if (connection === this.connection) return;
    this.hostDisconnected();
    this.connection = connection;
    this.hostConnected();
  }

  hostConnected(): void {
    this.connection?.addEventListener("disconnected", this.lost);
    this.connection?.addEventListener("ready", this.found);
    if (this.connection && !this.connection.connected) this.lost();
  }

  hostDisconnected(): void {
    clearTimeout(this.timer);
    this.connection?.removeEventListener("disconnected", this.lost);
    this.connection?.removeEventListener("ready", this.found);
  }

  private readonly lost = (): void => {
    const since = Date.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.lostAt = since;
      this.host.requestUpdate();
    }, this.patience);
  };

  private readonly found = (): void => {
    clearTimeout(this.timer);
    if (this.lostAt === undefined) return;
    this.lostAt = undefined;
    this.host.requestUpdate();
  };
}
