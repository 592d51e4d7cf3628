/** The first page: what the battery does, why, and what it earns. */
import { css, html, type TemplateResult } from "lit";
import "../../cards/plan/plan-card";
import { colours, shapes } from "../../ui/styles";
import { NatteryPage } from "../page";

export class OverviewPage extends NatteryPage {
  protected override view(): TemplateResult {
    return html`<nattery-plan-card-view .hass=${this.hass}></nattery-plan-card-view>`;
  }

  static override readonly styles = [
    colours,
    shapes,
    css`
      :host {
        display: grid;
        gap: 12px;
      }
    `,
  ];
}

customElements.define("nattery-overview-page", OverviewPage);
