/** The form of a small card's settings: which inverter, which title. */
import { html, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import type { Home } from "../data/home";
import { fire, NatteryElement } from "../ui/element";
import type { CardConfig } from "./base";

export class CardEditor extends NatteryElement {
  @state() private config: CardConfig = {};

  setConfig(config: CardConfig): void {
    this.config = config;
  }

  protected override view(home: Home): TemplateResult {
    const options = (this.siteState.site?.entries ?? []).map((one) => ({ value: one.entry_id, label: one.title }));
    return html`<ha-form
      .hass=${this.hass}
      .data=${this.config}
      .schema=${[
        { name: "entry", selector: { select: { mode: "dropdown", options } } },
        { name: "title", selector: { text: {} } },
      ]}
      .computeLabel=${({ name }: { name: string }) =>
        home.text(name === "entry" ? "screen_inverter" : "screen_card_title")}
      @value-changed=${this.changed}
    ></ha-form>`;
  }

  private readonly changed = (event: CustomEvent<{ value: CardConfig }>): void => {
    event.stopPropagation();
    fire(this, "config-changed", { config: event.detail.value });
  };
}

if (!customElements.get("nattery-card-editor")) customElements.define("nattery-card-editor", CardEditor);
