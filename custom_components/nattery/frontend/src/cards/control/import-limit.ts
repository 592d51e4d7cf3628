/** The import that the strategy peak shaving keeps below; shown while that strategy is in use. */
import { html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import type { HassEntity } from "home-assistant-js-websocket";
import type { Home } from "../../data/home";
import { entityIdOf, numberOf } from "../../data/states";
import { ControlPart } from "../../ui/control-part";
import { controlStyles } from "../../ui/control-styles";
import { colours, shapes } from "../../ui/styles";

export class ImportLimitPart extends ControlPart {
  @property({ attribute: false }) state: HassEntity | undefined;
  @state() private wanted: number | undefined;

  protected override view(home: Home): TemplateResult | typeof nothing {
    const id = entityIdOf(this.entry, "number", "import_limit");
    const present = numberOf(this.state);
    if (this.plan.strategy !== "peak_shaving" || id === undefined || present === null) return nothing;
    const { wanted } = this;
    return html`<label class="apart">
        <span>${home.text("screen_limit_peak")}</span>
        ${
          this.entry.may.steer
            ? html`<span
                ><input
                  type="number"
                  min="0"
                  max="1000"
                  step="0.1"
                  .value=${String(wanted ?? present)}
                  @input=${(event: Event) => {
                    this.wanted = (event.currentTarget as HTMLInputElement).valueAsNumber;
                  }}
                />
                kW</span
              >`
            : html`<strong class="number">${home.formats.power(present)}</strong>`
        }
      </label>
      ${
        wanted === undefined || wanted === present || Number.isNaN(wanted)
          ? nothing
          : html`<div class="row">
              <button class="primary" ?disabled=${this.isBusy} @click=${() => void this.set(id, wanted, present)}>
                ${home.text("screen_set_override")}
              </button>
            </div>`
      }
      ${this.outcome()}`;
  }

  private async set(id: string, wanted: number, before: number): Promise<void> {
    const write = (value: number) => this.call("number.set_value", { entity_id: id, value });
    await this.run(async () => {
      await write(wanted);
      this.wanted = undefined;
      this.offerUndo(this.home.text("screen_set_done"), () => write(before));
    });
  }

  static override readonly styles = [colours, shapes, controlStyles];
}

if (!customElements.get("nattery-import-limit")) customElements.define("nattery-import-limit", ImportLimitPart);
