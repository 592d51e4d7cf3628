/** Asks what a change would cost, for a form in which the change is still being made. */
import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { OverrideRequest, WhatIfResult } from "./api";
import type { CommandError } from "./hass";
import type { Home } from "./home";
import type { Zone } from "../i18n/zone";

/** What nattery/what_if can be asked. */
export interface Change {
  readonly overrides?: readonly OverrideRequest[];
  readonly clear?: readonly string[];
  readonly strategy?: string;
  readonly reserve?: number;
}

const DELAY_MS = 250;
const NOTHING = 0.005; // of the currency: less is not worth a word

/** The answer to the last question; an answer that comes after the next question is dropped. */
export class WhatIfController implements ReactiveController {
  answer: WhatIfResult | undefined;
  error = "";
  private key = "";
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostDisconnected(): void {
    this.stop();
  }

  ask(home: Home, entryId: string, change: Change): void {
    const key = JSON.stringify([entryId, change]);
    if (key === this.key) return;
    this.stop();
    this.key = key;
    this.timer = setTimeout(() => void this.askNow(home, entryId, change, key), DELAY_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.key = "";
    this.answer = undefined;
    this.error = "";
  }

  private async askNow(home: Home, entryId: string, change: Change, key: string): Promise<void> {
    let answer: WhatIfResult | undefined;
    let error = "";
    try {
      answer = await home.command<WhatIfResult>({ type: "nattery/what_if", entry_id: entryId, ...change });
    } catch (failure) {
      error = await home.errorText(failure as CommandError);
    }
    if (key !== this.key) return;
    this.answer = answer;
    this.error = error;
    this.host.requestUpdate();
  }
}

export interface Verdict {
  readonly kind: "more" | "less" | "nothing" | "unknown";
  readonly amount: number;
  /** Until when the money is counted: undefined for today. */
  readonly until: number | undefined;
}

/** Return what an answer says: whether the change costs or saves, how much, and until when that is counted. */
export function verdictOf(answer: WhatIfResult, now: number, zone: Zone): Verdict {
  const { difference } = answer;
  if (difference === null) return { kind: "unknown", amount: 0, until: undefined };
  const amount = Math.abs(difference);
  if (amount < NOTHING) return { kind: "nothing", amount: 0, until: undefined };
  const until = Date.parse(answer.until ?? "");
  const isToday = Number.isNaN(until) || zone.dayOf(until - 1) === zone.dayOf(now);
  return { kind: difference > 0 ? "more" : "less", amount, until: isToday ? undefined : until };
}

/** Return the verdict in words: "costs €0.34 more today". */
export function verdictText(home: Home, answer: WhatIfResult | undefined, now: number): string {
  if (!answer) return home.text("screen_what_if_asking");
  const { kind, amount, until } = verdictOf(answer, now, home.formats.zone);
  if (kind === "unknown") return home.text("screen_what_if_unknown");
  if (kind === "nothing") return home.text("screen_what_if_nothing");
  const { formats } = home;
  return home.text(kind === "more" ? "screen_what_if_more" : "screen_what_if_less", {
    sum: formats.money(amount, answer.currency),
    until:
      until === undefined
        ? home.text("screen_today_lower")
        : home.text("screen_by_time", { time: `${formats.weekday(until)} ${formats.clock(until)}` }),
  });
}
