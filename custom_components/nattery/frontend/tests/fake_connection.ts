/** A connection to nobody: answers commands from a table, and sends events when a test says so. */
import type { Connection } from "home-assistant-js-websocket";

type Callback = (value: unknown) => void;
type Answer = (message: Record<string, unknown>) => unknown;

export class FakeConnection {
  connected = true;
  readonly subscribed: { message: Record<string, unknown>; send: Callback; isOpen: boolean }[] = [];
  readonly sent: Record<string, unknown>[] = [];
  private readonly listeners = new Map<string, Set<() => void>>();

  constructor(private readonly answers: Readonly<Record<string, Answer>> = {}) {}

  asConnection(): Connection {
    return this as unknown as Connection;
  }

  /** The subscriptions that nobody has ended. */
  get open(): { message: Record<string, unknown>; send: Callback }[] {
    return this.subscribed.filter((one) => one.isOpen);
  }

  async subscribeMessage(send: Callback, message: Record<string, unknown>): Promise<() => Promise<void>> {
    await Promise.resolve();
    const failure = this.answers[String(message["type"])]?.(message);
    if (failure !== undefined) throw failure as Error;
    const one = { message, send, isOpen: true };
    this.subscribed.push(one);
    return async () => {
      await Promise.resolve();
      one.isOpen = false;
    };
  }

  async sendMessagePromise(message: Record<string, unknown>): Promise<unknown> {
    await Promise.resolve();
    this.sent.push(message);
    const answer = this.answers[String(message["type"])];
    if (!answer) throw { code: "unknown_command", message: "Unknown command." } as unknown as Error;
    return answer(message);
  }

  addEventListener(name: string, listener: () => void): void {
    let all = this.listeners.get(name);
    if (!all) this.listeners.set(name, (all = new Set()));
    all.add(listener);
  }

  removeEventListener(name: string, listener: () => void): void {
    this.listeners.get(name)?.delete(listener);
  }

  emit(name: string): void {
    for (const listener of this.listeners.get(name) ?? []) listener();
  }
}
