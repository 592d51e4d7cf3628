/** A pause after a change by hand or a failed write: why, until when, and "Resume now". */
import { html, nothing, type TemplateResult } from "lit";
import type { Home } from "../../data/home";
import { ControlPart } from "../../ui/control-part";
import { controlStyles } from "../../ui/control-styles";
import { colours, shapes } from "../../ui/styles";

export class PausePart extends ControlPart {
  protected override view(home: Home): TemplateResult | typeof nothing {
    const { pause, currency } = this.plan;
    if (!pause) return nothing;
    const until = Date.parse(pause.until ?? "");
    const sentence = pause.reason
      ? home.sentence(pause.reason, currency, this.now)
      : Number.isNaN(until)
        ? ""
        : home.text("screen_until", { time: home.formats.clock(until) });
    return html`<div class="strip warn" role="status">
        <p><strong>${home.text("screen_paused")}</strong> ${sentence}</p>
        ${
          this.entry.may.steer
            ? html`<button ?disabled=${this.isBusy} @click=${() => void this.run(() => this.resume())}>
                ${home.text("screen_resume")}
              </button>`
            : nothing
        }
      </div>
      ${this.outcome()}`;
  }

  static override readonly styles = [colours, shapes, controlStyles];
}

if (!customElements.get("nattery-pause")) customElements.define("nattery-pause", PausePart);
