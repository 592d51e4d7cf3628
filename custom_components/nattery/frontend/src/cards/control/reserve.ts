/** "Keep for outages": the reserve, with what another one costs before it is set. */
import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import type { Home } from "../../data/home";
import { entityIdOf } from "../../data/states";
import { verdictText, WhatIfController } from "../../data/what_if";
import { ControlPart } from "../../ui/control-part";
import { controlStyles } from "../../ui/control-styles";
import { colours, shapes } from "../../ui/styles";
import { keptPercent } from "./model";

const SHARE = 100; // percent of the whole

export class ReservePart extends ControlPart {
  @state() private wanted: number | undefined;
  private readonly whatIf = new WhatIfController(this);

  protected override view(home: Home): TemplateResult {
    const kept = keptPercent(this.plan.reserve, this.entry.limits?.soc_min);
    const id = entityIdOf(this.entry, "number", "reserve");
    const shown = this.wanted ?? kept;
    const lowest = keptPercent(null, this.entry.limits?.soc_min);
    return html`<label>
        <span class="apart"
          ><span>${home.text("screen_keep_for_outages")}</span
          ><strong class="number">${home.formats.percent(shown / SHARE)}</strong></span
        >
        ${
          this.entry.may.steer && id !== undefined
            ? html`<input
                type="range"
                min=${lowest}
                max="100"
                step="1"
                .value=${String(shown)}
                aria-valuetext=${home.formats.percent(shown / SHARE)}
                @input=${(event: Event) => {
                  this.want(Number((event.currentTarget as HTMLInputElement).value), kept);
                }}
              />`
            : nothing
        }
      </label>
      ${this.wanted === undefined || id === undefined ? nothing : this.offer(this.wanted, id)}${this.outcome()}`;
  }

  private offer(wanted: number, id: string): TemplateResult {
    const { home } = this;
    return html`<div class="offer">
      <p aria-live="polite">
        <strong>${home.text("screen_keep_share", { share: home.formats.percent(wanted / SHARE) })}</strong>
        <span class="quiet">${this.whatIf.error || verdictText(home, this.whatIf.answer, this.now)}</span>
      </p>
      <div class="row">
        <button class="primary" ?disabled=${this.isBusy} @click=${() => void this.set(wanted, id)}>
          ${home.text("screen_set_override")}
        </button>
        <button @click=${this.cancel}>${home.text("screen_cancel")}</button>
      </div>
    </div>`;
  }

  private want(percent: number, kept: number): void {
    this.clearError();
    if (percent === kept) {
      this.cancel();
      return;
    }
    this.wanted = percent;
    this.whatIf.ask(this.home, this.entry.entry_id, { reserve: percent / SHARE });
  }

  private readonly cancel = (): void => {
    this.wanted = undefined;
    this.whatIf.stop();
  };

  private async set(percent: number, id: string): Promise<void> {
    const before = Math.round((this.plan.reserve ?? 0) * SHARE);
    const write = (value: number) => this.call("number.set_value", { entity_id: id, value });
    await this.run(async () => {
      await write(percent);
      this.cancel();
      const share = this.home.formats.percent(percent / SHARE);
      this.offerUndo(this.home.text("screen_keeps_share", { share }), () => write(before));
    });
  }

  static override readonly styles = [colours, shapes, controlStyles];
}

if (!customElements.get("nattery-reserve")) customElements.define("nattery-reserve", ReservePart);
