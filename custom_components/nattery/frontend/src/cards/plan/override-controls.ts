/** Buttons that give the chosen slots another action: first what it would cost, then set it. */
import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import type { ActionKind, OverrideRequest, OverrideResult, SiteEntry, WhatIfResult } from "../../data/api";
import type { CommandError } from "../../data/hass";
import type { Home } from "../../data/home";
import { ACTIONS, actionMark, actionName } from "../../ui/actions";
import { colours, shapes } from "../../ui/styles";
import { marks } from "./marks";

const DELAY_MS = 250;
const NOTHING = 0.005; // of the currency: less is not worth a word

/** The time that an override is for. */
export interface Period {
  readonly start: number;
  readonly end: number;
}

interface Question {
  readonly action: ActionKind | "plan";
  readonly period: Period;
  readonly powerW: number | undefined;
}

export class OverrideControls extends LitElement {
  @property({ attribute: false }) home!: Home;
  @property({ attribute: false }) entry!: SiteEntry;
  @property({ attribute: false }) period!: Period;
  /** The overrides that the chosen slots have. */
  @property({ attribute: false }) overrides: readonly string[] = [];
  @property({ attribute: false }) now = 0;
  @property({ type: Boolean }) automatic = true;
  /** What is asked at once, when the element is new. */
  @property({ attribute: false }) first: ActionKind | "plan" | undefined;
  @property({ type: Boolean, reflect: true }) dark = false;
  @state() private question: Question | undefined;
  @state() private answer: WhatIfResult | undefined;
  @state() private error = "";
  @state() private isBusy = false;
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("home")) this.dark = this.home.isDark;
    if (!this.hasUpdated && this.first) this.ask(this.first, this.highest(this.first));
    const before = changed.get("period");
    if (before && this.question && (before.start !== this.period.start || before.end !== this.period.end)) {
      this.ask(this.question.action, this.question.powerW);
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
  }

  override render(): TemplateResult {
    return html`<div class="row" role="group" aria-label=${this.home.text("screen_override_label")}>
        ${ACTIONS.map(
          (action) =>
            html`<button
              aria-pressed=${this.question?.action === action}
              @click=${() => {
                this.toggle(action);
              }}
            >
              ${actionMark(action)} ${actionName(this.home, action)}
            </button>`,
        )}
        ${
          this.overrides.length > 0
            ? html`<button
                aria-pressed=${this.question?.action === "plan"}
                @click=${() => {
                  this.toggle("plan");
                }}
              >
                ${this.home.text("screen_back_to_plan")}
              </button>`
            : nothing
        }
      </div>
      <div aria-live="polite">${this.question ? this.offer(this.question) : nothing}</div>
      ${this.error ? html`<p class="bad" role="alert">${this.error}</p>` : nothing}`;
  }

  private offer(question: Question): TemplateResult {
    const { home } = this;
    const { action, period } = question;
    const time = `${home.formats.weekday(period.start)} ${home.formats.clock(period.start)}–${home.formats.clock(period.end)}`;
    const name = action === "plan" ? home.text("screen_back_to_plan") : actionName(home, action);
    return html`<div class="offer">
      <p><strong>${name}</strong> ${time}: ${this.verdict()}</p>
      ${this.automatic ? nothing : html`<p class="quiet">${home.text("screen_dry_run_override")}</p>`}
      ${this.power(question)}
      <div class="row">
        ${
          this.automatic
            ? html`<button class="primary" ?disabled=${this.isBusy} @click=${this.set}>
                ${home.text("screen_set_override")}
              </button>`
            : nothing
        }
        <button @click=${this.cancel}>${home.text("screen_cancel")}</button>
      </div>
    </div>`;
  }

  private verdict(): TemplateResult {
    const { home, answer } = this;
    if (!answer) return html`<span class="quiet">${home.text("screen_what_if_asking")}</span>`;
    const { difference, currency } = answer;
    if (difference === null) return html`<span class="quiet">${home.text("screen_what_if_unknown")}</span>`;
    if (Math.abs(difference) < NOTHING) return html`<strong>${home.text("screen_what_if_nothing")}</strong>`;
    const sum = home.formats.money(difference, currency);
    const text = home.text(difference > 0 ? "screen_what_if_more" : "screen_what_if_less", {
      sum,
      until: this.horizon(),
    });
    return html`<strong class=${difference > 0 ? "" : "good"}>${text}</strong>`;
  }

  /** Return by when the money of a what-if is counted: "today", or a day and time. */
  private horizon(): string {
    const { formats } = this.home;
    const until = Date.parse(this.answer?.until ?? "");
    if (Number.isNaN(until)) return "";
    const day = formats.zone.dayOf(until - 1);
    if (day === formats.zone.dayOf(this.now)) return this.home.text("screen_today_lower");
    return this.home.text("screen_by_time", { time: `${formats.weekday(until)} ${formats.clock(until)}` });
  }

  private power(question: Question): TemplateResult | typeof nothing {
    const highest = this.highest(question.action);
    if (highest === undefined || question.powerW === undefined) return nothing;
    return html`<label class="power">
      <span>${this.home.text("screen_power")} <strong>${this.home.formats.power(question.powerW / 1000)}</strong></span>
      <input
        type="range"
        min="100"
        max=${highest}
        step="100"
        .value=${String(question.powerW)}
        @input=${(event: Event) => {
          this.ask(question.action, Number((event.currentTarget as HTMLInputElement).value));
        }}
      />
    </label>`;
  }

  private highest(action: ActionKind | "plan"): number | undefined {
    const limits = this.entry.limits;
    if (action === "charge") return limits?.charge_w;
    return action === "discharge" ? limits?.discharge_w : undefined;
  }

  private toggle(action: ActionKind | "plan"): void {
    if (this.question?.action === action) this.cancel();
    else this.ask(action, this.highest(action));
  }

  private readonly cancel = (): void => {
    this.question = undefined;
    this.error = "";
    this.show(undefined);
  };

  private ask(action: ActionKind | "plan", powerW: number | undefined): void {
    this.question = { action, period: this.period, powerW };
    this.answer = undefined;
    this.error = "";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.askNow(), DELAY_MS);
  }

  private async askNow(): Promise<void> {
    const { question } = this;
    if (!question) return;
    const number = ++this.asked;
    try {
      const answer = await this.home.command<WhatIfResult>({ type: "nattery/what_if", ...this.change(question) });
      if (number === this.asked && this.question === question) this.show(answer);
    } catch (error) {
      if (number === this.asked) await this.fail(error as CommandError);
    }
  }

  private readonly set = async (): Promise<void> => {
    const { question } = this;
    if (!question) return;
    this.isBusy = true;
    try {
      const { overrides, ...rest } = this.change(question);
      const result = await this.home.command<OverrideResult>({
        type: "nattery/override",
        ...rest,
        ...(overrides ? { set: overrides } : {}),
      });
      this.cancel();
      this.dispatchEvent(
        new CustomEvent("override-set", { detail: { result, ...question }, bubbles: true, composed: true }),
      );
    } catch (error) {
      await this.fail(error as CommandError);
    } finally {
      this.isBusy = false;
    }
  };

  private change({ action, period, powerW }: Question): {
    entry_id: string;
    overrides?: OverrideRequest[];
    clear?: readonly string[];
  } {
    const entry = { entry_id: this.entry.entry_id };
    if (action === "plan") return { ...entry, clear: this.overrides };
    const start = period.start > Date.now() ? { start: new Date(period.start).toISOString() } : {};
    const power = powerW === undefined ? {} : { power_w: powerW };
    return { ...entry, overrides: [{ action, ...start, ...power, end: new Date(period.end).toISOString() }] };
  }

  private show(answer: WhatIfResult | undefined): void {
    this.answer = answer;
    this.dispatchEvent(new CustomEvent("what-if", { detail: answer, bubbles: true, composed: true }));
  }

  private async fail(error: CommandError): Promise<void> {
    this.error = await this.home.errorText(error);
  }

  static override readonly styles = [
    colours,
    shapes,
    marks,
    css`
      .offer {
        display: grid;
        gap: 8px;
        margin-top: 8px;
        padding: 12px;
        border: 1px solid var(--n-focus);
        border-radius: 8px;
      }
      .power {
        display: grid;
        gap: 4px;
        max-width: 360px;
      }
      input {
        width: 100%;
        min-height: 32px;
        accent-color: var(--n-focus);
      }
    `,
  ];
}

if (!customElements.get("nattery-override-controls")) {
  customElements.define("nattery-override-controls", OverrideControls);
}
