/** The page on which the battery is controlled: actions, strategies, reserve, limits, automation. */
import { css, html, nothing, type TemplateResult } from "lit";
import "../../cards/control/automation";
import "../../cards/control/import-limit";
import { timedReserves } from "../../cards/control/model";
import "../../cards/control/overrides";
import "../../cards/control/pause";
import { presentText } from "../../cards/control/present";
import "../../cards/control/reserve";
import "../../cards/control/steer";
import "../../cards/control/strategies";
import "../../cards/control/timed-reserves";
import { marks } from "../../cards/plan/marks";
import type { PlanPicture, SiteEntry, SiteLimits } from "../../data/api";
import { ClockController, FeedController } from "../../data/controllers";
import type { Hass } from "../../data/hass";
import type { Home } from "../../data/home";
import { stateOf } from "../../data/states";
import type { TextKey } from "../../i18n/words";
import { colours, shapes } from "../../ui/styles";
import { NatteryPage } from "../page";

const WATCHED = ["reserve", "import_limit"];

export class ControlPage extends NatteryPage {
  private readonly feed = new FeedController<PlanPicture>(this);
  private readonly clock = new ClockController(this);
  private seen: readonly unknown[] = [];

  /** The time; the plan may be newer than the last minute of the clock. */
  private get now(): number {
    return Math.max(this.clock.now, this.feed.feed.at);
  }

  protected override hassChanged(hass: Hass): void {
    const entry = this.entry as SiteEntry | undefined; // not there yet when the page is new
    if (!entry) return;
    const states = WATCHED.map((key) => stateOf(hass, entry, "number", key));
    if (states.some((one, index) => one !== this.seen[index])) this.requestUpdate();
    this.seen = states;
  }

  protected override prepare(home: Home): void {
    const { entry } = this;
    const message =
      entry.trading && entry.may.see ? { type: "nattery/plan/subscribe", entry_id: entry.entry_id } : undefined;
    this.feed.use(home.connection, message);
  }

  protected override view(home: Home): TemplateResult | typeof nothing {
    const { entry } = this;
    const { value: plan, error } = this.feed.feed;
    if (!entry.trading) return this.message(home.text("screen_no_trading_set_up"));
    if (plan === null) return this.message(home.text("screen_not_running", { entry: entry.title }));
    if (!plan) return error ? this.message(home.text("screen_failed")) : nothing;
    return html`<div class="column">
        ${this.action(home, plan)}${this.automation(home, plan)}${this.limits(home, plan)}
      </div>
      <div class="column">${this.strategies(home, plan)}${this.reserve(home, plan)}</div>`;
  }

  private action(home: Home, plan: PlanPicture): TemplateResult {
    const { hass, entry, now } = this;
    const maySteer = entry.may.steer && plan.automatic;
    return this.card(
      home.text(maySteer ? "screen_what_should_it_do" : "screen_what_it_does"),
      html`${
          plan.pause
            ? html`<nattery-pause .hass=${hass} .entry=${entry} .plan=${plan} .now=${now}></nattery-pause>`
            : nothing
        }
        ${
          maySteer
            ? html`<nattery-steer .hass=${hass} .entry=${entry} .plan=${plan} .now=${now}></nattery-steer>`
            : presentText(home, plan, now)
        }
        <nattery-overrides
          .whole=${maySteer}
          .hass=${hass}
          .entry=${entry}
          .plan=${plan}
          .now=${now}
        ></nattery-overrides>`,
    );
  }

  private automation(home: Home, plan: PlanPicture): TemplateResult {
    const { hass, entry, now } = this;
    return this.card(
      home.text("screen_automation"),
      html`<nattery-automation .hass=${hass} .entry=${entry} .plan=${plan} .now=${now}></nattery-automation>`,
    );
  }

  private strategies(home: Home, plan: PlanPicture): TemplateResult {
    const { hass, entry, now } = this;
    return this.card(
      home.text("screen_strategy"),
      html`<nattery-strategies .hass=${hass} .entry=${entry} .plan=${plan} .now=${now}></nattery-strategies>`,
    );
  }

  private reserve(home: Home, plan: PlanPicture): TemplateResult {
    const { hass, entry, now } = this;
    const timed = timedReserves(stateOf(hass, entry, "number", "reserve")?.attributes["timed_reserves"], now);
    const explanation = home.words.find("common.number_reserve");
    return this.card(
      home.text("screen_reserve"),
      html`${explanation ? html`<p class="quiet">${explanation}</p>` : nothing}
        <nattery-reserve .hass=${hass} .entry=${entry} .plan=${plan} .now=${now}></nattery-reserve>
        ${
          timed
            ? html`<nattery-timed-reserves
                .hass=${hass}
                .entry=${entry}
                .plan=${plan}
                .now=${now}
                .reserves=${timed}
              ></nattery-timed-reserves>`
            : nothing
        }`,
    );
  }

  private limits(home: Home, plan: PlanPicture): TemplateResult | typeof nothing {
    const { entry, hass, now } = this;
    if (!entry.limits) return nothing;
    return this.card(
      home.text("screen_limits"),
      html`<dl>
          ${limitTexts(home, entry.limits).map(
            ([name, value]) =>
              html`<div>
                <dt>${home.text(name)}</dt>
                <dd class="number">${value}</dd>
              </div>`,
          )}
        </dl>
        <nattery-import-limit
          .hass=${hass}
          .entry=${entry}
          .plan=${plan}
          .now=${now}
          .state=${stateOf(hass, entry, "number", "import_limit")}
        ></nattery-import-limit>
        ${
          home.user?.is_admin
            ? html`<p><a href="/config/integrations/integration/nattery">${home.text("screen_change_limits")}</a></p>`
            : nothing
        }`,
    );
  }

  private card(title: string, content: TemplateResult): TemplateResult {
    return html`<ha-card>
      <h2>${title}</h2>
      ${content}
    </ha-card>`;
  }

  private message(text: string): TemplateResult {
    return html`<ha-card><p>${text}</p></ha-card>`;
  }

  static override readonly styles = [
    colours,
    shapes,
    marks,
    css`
      :host,
      .column {
        display: grid;
        gap: 12px;
        align-content: start;
      }
      :host {
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr));
      }
      ha-card {
        display: grid;
        gap: 12px;
        padding: 16px;
        background: var(--n-card);
        color: var(--n-ink);
      }
      h2 {
        font-size: 18px;
      }
      dl {
        display: grid;
        gap: 6px;
      }
      dl div {
        display: flex;
        justify-content: space-between;
        gap: 16px;
      }
      a {
        color: var(--n-pay);
      }
    `,
  ];
}

function limitTexts(home: Home, limits: SiteLimits): (readonly [TextKey, string])[] {
  const { formats } = home;
  const power = (watts: number | null): string => (watts === null ? "–" : formats.power(watts / 1000));
  return [
    ["screen_limit_capacity", formats.energy(limits.capacity_kwh)],
    ["screen_limit_soc", `${formats.percent(limits.soc_min)} – ${formats.percent(limits.soc_max)}`],
    ["screen_limit_charge", power(limits.charge_w)],
    ["screen_limit_discharge", power(limits.discharge_w)],
    ["screen_limit_import", power(limits.import_w)],
    ["screen_limit_export", power(limits.export_w)],
  ];
}

customElements.define("nattery-control-page", ControlPage);
