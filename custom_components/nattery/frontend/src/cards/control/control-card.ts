/** The control card: what the battery should do; what it does, in words, for those who may not change it. */
import { html, nothing, type TemplateResult } from "lit";
import type { PlanPicture, SiteEntry } from "../../data/api";
import { ClockController, ConnectionController, FeedController } from "../../data/controllers";
import type { Home } from "../../data/home";
import { colours, shapes } from "../../ui/styles";
import { marks } from "../plan/marks";
import { NatteryCard, smallCardStyles } from "../base";
import "./automation";
import { presentOverride } from "./model";
import "./overrides";
import "./pause";
import { presentText } from "./present";
import "./reserve";
import "./steer";

export default class ControlCard extends NatteryCard {
  private readonly plan = new FeedController<PlanPicture>(this);
  private readonly clock = new ClockController(this);
  private readonly connection = new ConnectionController(this);

  protected override prepare(home: Home): void {
    const entry = this.seenEntry;
    this.connection.use(home.connection);
    const message = entry && { type: "nattery/plan/subscribe", entry_id: entry.entry_id };
    this.plan.use(home.connection, message);
  }

  protected override content(home: Home, entry: SiteEntry): TemplateResult {
    const { value: plan, error } = this.plan.feed;
    if (plan === null) return this.message(home.text("screen_not_running", { entry: entry.title }));
    if (!plan) return error ? this.message(home.text("screen_failed")) : this.skeleton();
    const now = Math.max(this.clock.now, this.plan.feed.at); // the plan may be newer than the last minute
    const { hass } = this;
    const maySteer = entry.may.steer && plan.automatic;
    const title = maySteer ? "screen_what_should_it_do" : "screen_what_it_does";
    const isFollowing = maySteer && !plan.pause && !presentOverride(plan, now);
    return html`<ha-card class=${this.connection.lostAt === undefined ? "" : "lost"}>
      ${this.heading(home.text(title))}
      ${
        plan.pause
          ? html`<nattery-pause .hass=${hass} .entry=${entry} .plan=${plan} .now=${now}></nattery-pause>`
          : nothing
      }
      ${
        maySteer
          ? html`<nattery-steer .hass=${hass} .entry=${entry} .plan=${plan} .now=${now}></nattery-steer>`
          : presentText(home, plan, now)
      }
      ${isFollowing ? html`<p class="quiet">${home.text("screen_follows_plan_explained")}</p>` : nothing}
      <nattery-overrides .hass=${hass} .entry=${entry} .plan=${plan} .now=${now}></nattery-overrides>
      <nattery-reserve .hass=${hass} .entry=${entry} .plan=${plan} .now=${now}></nattery-reserve>
      <nattery-automation .hass=${hass} .entry=${entry} .plan=${plan} .now=${now}></nattery-automation>
    </ha-card>`;
  }

  static override readonly styles = [colours, shapes, marks, smallCardStyles];
}

if (!customElements.get("nattery-control-card-view")) customElements.define("nattery-control-card-view", ControlCard);
