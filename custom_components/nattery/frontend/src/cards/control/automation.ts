/** "Steers the inverter: on": whether the plan is carried out, with a confirmation in words. */
import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import type { Home } from "../../data/home";
import { entityIdOf } from "../../data/states";
import { ControlPart } from "../../ui/control-part";
import { controlStyles } from "../../ui/control-styles";
import { colours, shapes } from "../../ui/styles";

export class AutomationPart extends ControlPart {
  @state() private isAsking = false;

  protected override view(home: Home): TemplateResult {
    const { plan } = this;
    const id = entityIdOf(this.entry, "switch", "automation");
    const maySwitch = this.entry.may.steer && id !== undefined;
    return html`<div class="apart">
        <span>${home.text("screen_steers_inverter")}</span>
        <span class="row">
          <strong class=${plan.automatic ? "good" : ""}
            >${home.text(plan.automatic ? "screen_on" : "screen_off")}</strong
          >
          ${
            maySwitch && !this.isAsking
              ? html`<button class="text" @click=${this.ask}>
                  ${home.text(plan.automatic ? "screen_turn_off" : "screen_turn_on")}
                </button>`
              : nothing
          }
        </span>
      </div>
      ${plan.automatic || this.isAsking ? nothing : html`<p class="quiet">${home.text("screen_dry_run_explained")}</p>`}
      ${maySwitch && this.isAsking ? this.question(id) : nothing}${this.outcome()}`;
  }

  private question(id: string): TemplateResult {
    const { home } = this;
    const isOn = this.plan.automatic;
    return html`<div class="offer" role="group">
      <p>${home.text(isOn ? "screen_turn_off_question" : "screen_turn_on_question")}</p>
      <div class="row">
        <button class="primary" ?disabled=${this.isBusy} @click=${() => void this.turn(id, !isOn)}>
          ${home.text(isOn ? "screen_turn_off" : "screen_turn_on")}
        </button>
        <button @click=${this.cancel}>${home.text("screen_cancel")}</button>
      </div>
    </div>`;
  }

  private readonly ask = (): void => {
    this.clearError();
    this.isAsking = true;
  };

  private readonly cancel = (): void => {
    this.isAsking = false;
  };

  private async turn(id: string, on: boolean): Promise<void> {
    const done = await this.run(() => this.call(on ? "switch.turn_on" : "switch.turn_off", { entity_id: id }));
    if (done) this.isAsking = false;
  }

  static override readonly styles = [colours, shapes, controlStyles];
}

if (!customElements.get("nattery-automation")) customElements.define("nattery-automation", AutomationPart);
