/** The first page: what the battery does, why, what it earns, and whether all is well. */
import { css, html, nothing, type TemplateResult } from "lit";
import "../../cards/control/control-card";
import "../../cards/now/now-card";
import "../../cards/plan/plan-card";
import "../../cards/savings/savings-card";
import type { PlanPicture, PricesPicture } from "../../data/api";
import { ClockController, FeedController } from "../../data/controllers";
import type { Hass } from "../../data/hass";
import type { Home } from "../../data/home";
import { handOn } from "../../ui/element";
import { colours, shapes } from "../../ui/styles";
import "../know/know";
import type { HealthGlance } from "../know/model";
import { NatteryPage } from "../page";

export class OverviewPage extends NatteryPage {
  private readonly plan = new FeedController<PlanPicture>(this);
  private readonly prices = new FeedController<PricesPicture>(this);
  private readonly health = new FeedController<HealthGlance>(this);
  private config = { entry: "" }; // the same object as long as it says the same, so that no card renders for it
  private readonly clock = new ClockController(this);

  protected override hassChanged(hass: Hass): void {
    if (this.hasUpdated) handOn(this.renderRoot, ".cards > *", hass);
  }

  protected override prepare(home: Home): void {
    const { entry } = this;
    const about = (type: string, isThere: boolean) =>
      isThere && entry.may.see ? { type, entry_id: entry.entry_id } : undefined;
    this.plan.use(home.connection, about("nattery/plan/subscribe", entry.trading));
    this.prices.use(home.connection, about("nattery/prices/subscribe", entry.prices));
    this.health.use(home.connection, about("nattery/health/subscribe", true));
  }

  protected override view(): TemplateResult {
    const { hass, entry } = this;
    if (this.config.entry !== entry.entry_id) this.config = { entry: entry.entry_id };
    const { config } = this;
    const isKnown = this.health.feed.value !== undefined || this.plan.feed.value !== undefined;
    return html`<nattery-plan-card-view .hass=${hass} .config=${config}></nattery-plan-card-view>
      <div class="cards">
        <nattery-now-card-view .hass=${hass} .config=${config}></nattery-now-card-view>
        ${
          entry.trading
            ? html`<nattery-savings-card-view .hass=${hass} .config=${config}></nattery-savings-card-view>
                <nattery-control-card-view .hass=${hass} .config=${config}></nattery-control-card-view>`
            : nothing
        }
      </div>
      ${
        isKnown
          ? html`<nattery-know
              .hass=${hass}
              .entry=${entry}
              .plan=${this.plan.feed.value}
              .prices=${this.prices.feed.value}
              .health=${this.health.feed.value}
              .now=${this.clock.now}
            ></nattery-know>`
          : nothing
      }`;
  }

  static override readonly styles = [
    colours,
    shapes,
    css`
      :host,
      .cards {
        display: grid;
        gap: 12px;
      }
      .cards {
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr));
      }
    `,
  ];
}

customElements.define("nattery-overview-page", OverviewPage);
