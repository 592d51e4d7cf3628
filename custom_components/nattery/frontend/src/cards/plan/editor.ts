/** The form of the plan card's settings. */
import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import type { Home } from "../../data/home";
import type { TextKey } from "../../i18n/words";
import { fire, NatteryElement } from "../../ui/element";
import type { PlanCardConfig } from "./plan-card";

const LABELS: Readonly<Record<string, TextKey>> = {
  entry: "screen_inverter",
  title: "screen_card_title",
  range: "screen_range",
};

export class PlanCardEditor extends NatteryElement {
  @state() private config: PlanCardConfig = {};

  setConfig(config: PlanCardConfig): void {
    this.config = config;
  }

  protected override view(home: Home): TemplateResult | typeof nothing {
    return html`<ha-form
      .hass=${this.hass}
      .data=${this.config}
      .schema=${this.schema(home)}
      .computeLabel=${({ name }: { name: string }) => {
        const key = LABELS[name];
        return key ? home.text(key) : name;
      }}
      @value-changed=${this.changed}
    ></ha-form>`;
  }

  private schema(home: Home): unknown[] {
    const entries = this.siteState.site?.entries ?? [];
    const options = (pairs: readonly (readonly [string, string])[]) =>
      pairs.map(([value, label]) => ({ value, label }));
    return [
      {
        name: "entry",
        selector: {
          select: { mode: "dropdown", options: options(entries.map((one) => [one.entry_id, one.title] as const)) },
        },
      },
      { name: "title", selector: { text: {} } },
      {
        name: "range",
        selector: {
          select: {
            mode: "dropdown",
            options: options([
              ["24h", home.text("screen_range_24h")],
              ["today", home.text("screen_range_today")],
              ["tomorrow", home.text("screen_range_tomorrow")],
              ["all", home.text("screen_range_all")],
            ]),
          },
        },
      },
    ];
  }

  private readonly changed = (event: CustomEvent<{ value: PlanCardConfig }>): void => {
    event.stopPropagation();
    fire(this, "config-changed", { config: event.detail.value });
  };
}

if (!customElements.get("nattery-plan-card-editor")) {
  customElements.define("nattery-plan-card-editor", PlanCardEditor);
}
