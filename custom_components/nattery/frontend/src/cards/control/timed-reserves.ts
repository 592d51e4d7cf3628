/** Higher reserves for named times: those that are set, with Undo, and a form for another. */
import { html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import type { Home } from "../../data/home";
import { ControlPart } from "../../ui/control-part";
import { controlStyles } from "../../ui/control-styles";
import { colours, shapes } from "../../ui/styles";
import { fieldOfInstant, instantOfField, keptPercent, type TimedReserve } from "./model";

const HOUR_MS = 3_600_000;
const USUAL = 80; // percent

interface Form {
  readonly soc: number;
  readonly start: string;
  readonly until: string;
}

export class TimedReservesPart extends ControlPart {
  @property({ attribute: false }) reserves: readonly TimedReserve[] = [];
  @state() private form: Form | undefined;

  protected override view(home: Home): TemplateResult {
    const { may } = this.entry;
    return html`${this.reserves.map((one) => this.strip(home, one))}
    ${
      may.steer
        ? this.form
          ? this.fields(home, this.form)
          : html`<div><button @click=${this.open}>${home.text("screen_reserve_more")}</button></div>`
        : nothing
    }
    ${this.outcome()}`;
  }

  private strip(home: Home, one: TimedReserve): TemplateResult {
    const { formats } = home;
    const at = (instant: number): string => `${formats.weekday(instant)} ${formats.clock(instant)}`;
    const time =
      one.start <= this.now ? home.text("screen_until", { time: at(one.until) }) : `${at(one.start)}–${at(one.until)}`;
    return html`<div class="strip">
      <p><strong>${formats.percent(one.soc / 100)}</strong> ${time}</p>
      ${
        this.entry.may.steer
          ? html`<button ?disabled=${this.isBusy} @click=${() => void this.run(() => this.clear(one.id))}>
              ${home.text("screen_undo")}
            </button>`
          : nothing
      }
    </div>`;
  }

  private fields(home: Home, form: Form): TemplateResult {
    const lowest = keptPercent(null, this.entry.limits?.soc_min);
    const field = (name: "start" | "until", label: string): TemplateResult =>
      html`<label class="apart"
        ><span>${label}</span>
        <input
          type="datetime-local"
          .value=${form[name]}
          @change=${(event: Event) => {
            this.form = { ...form, [name]: (event.currentTarget as HTMLInputElement).value };
          }}
      /></label>`;
    return html`<div class="offer">
      <label
        ><span class="apart"
          ><span>${home.text("screen_keep_for_outages")}</span
          ><strong class="number">${home.formats.percent(form.soc / 100)}</strong></span
        >
        <input
          type="range"
          min=${lowest}
          max="100"
          .value=${String(form.soc)}
          aria-valuetext=${home.formats.percent(form.soc / 100)}
          @input=${(event: Event) => {
            this.form = { ...form, soc: Number((event.currentTarget as HTMLInputElement).value) };
          }}
      /></label>
      ${field("start", home.text("screen_from_label"))} ${field("until", home.text("screen_until_label"))}
      <div class="row">
        <button class="primary" ?disabled=${this.isBusy} @click=${() => void this.set(form)}>
          ${home.text("screen_set_override")}
        </button>
        <button @click=${this.close}>${home.text("screen_cancel")}</button>
      </div>
    </div>`;
  }

  private readonly open = (): void => {
    const { zone } = this.home.formats;
    const start = Math.ceil(this.now / HOUR_MS) * HOUR_MS;
    this.clearError();
    this.form = { soc: USUAL, start: fieldOfInstant(start, zone), until: fieldOfInstant(start + 12 * HOUR_MS, zone) };
  };

  private readonly close = (): void => {
    this.form = undefined;
  };

  private async set({ soc, start, until }: Form): Promise<void> {
    const { zone } = this.home.formats;
    const iso = (text: string): string | undefined => {
      const instant = instantOfField(text, zone);
      return instant === null ? undefined : new Date(instant).toISOString();
    };
    const times = { start: iso(start), until: iso(until) };
    await this.run(async () => {
      const data = { config_entry_id: this.entry.entry_id, soc, ...times };
      const { response } = (await this.call("nattery.reserve", data, true)) as { response: { id: string } };
      this.close();
      const share = this.home.formats.percent(soc / 100);
      this.offerUndo(this.home.text("screen_keeps_share", { share }), () => this.clear(response.id));
    });
  }

  private clear(id: string): Promise<unknown> {
    return this.call("nattery.clear_reserve", { config_entry_id: this.entry.entry_id, id });
  }

  static override readonly styles = [colours, shapes, controlStyles];
}

if (!customElements.get("nattery-timed-reserves")) customElements.define("nattery-timed-reserves", TimedReservesPart);
