/** The page of the plan: any day as a chart and a table, what was planned beside what came, and the parts of prices. */
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { memoised } from "../../cards/plan/geometry";
import {
  daysNeeded,
  endOfPlan,
  QUARTER_MS,
  spanOf,
  timelineOf,
  type Range,
  type Timeline,
} from "../../cards/plan/model";
import "../../cards/plan/plan-card";
import type { PlanCardConfig, RangeEvent } from "../../cards/plan/plan-card";
import type { PlanPicture } from "../../data/api";
import { ClockController, FeedController } from "../../data/controllers";
import { DaysController } from "../../data/days";
import type { CommandError } from "../../data/hass";
import type { Home } from "../../data/home";
import { navigate } from "../../ui/element";
import { pageStyles } from "../../ui/page-styles";
import { colours, shapes } from "../../ui/styles";
import { marks } from "../../cards/plan/marks";
import { NatteryPage } from "../page";
import {
  comparisonOf,
  missingOf,
  pricesOf,
  queryWith,
  rangeOf,
  rowsOf,
  type Comparison,
  type Pair,
  type PriceParts,
} from "../plan/model";
import { runTable } from "../plan/table";

const BOOKED_AFTER_MS = 20_000;

export class PlanPage extends NatteryPage {
  private readonly plan = new FeedController<PlanPicture>(this);
  private readonly days = new DaysController(this);
  private readonly clock = new ClockController(this);
  private readonly timeline = memoised(timelineOf);
  private readonly rows = memoised(rowsOf);
  private readonly span = memoised((start: number, end: number) => ({ start, end }));
  private readonly config = memoised(
    (entry: string, day: string | undefined, range: string | undefined): PlanCardConfig => ({
      entry,
      table: false,
      ...(day === undefined ? {} : { day }),
      ...(range === undefined ? {} : { range: range as NonNullable<PlanCardConfig["range"]> }),
    }),
  );
  @state() private opened: ReadonlySet<number> = new Set();
  @state() private errorText = "";
  private explained: CommandError | undefined;

  protected override prepare(home: Home): void {
    const { entry_id: id, trading } = this.entry;
    const { zone } = home.formats;
    const { now } = this.clock;
    this.plan.use(home.connection, trading ? { type: "nattery/plan/subscribe", entry_id: id } : undefined);
    const days = daysNeeded(this.shownSpan(home), now, zone, this.range);
    const quarter = Math.floor((now - BOOKED_AFTER_MS) / QUARTER_MS);
    this.days.use(home.connection, id, days, zone.dayOf(now), String(quarter));
    if (this.days.error !== this.explained) void this.explain(home, this.days.error);
  }

  protected override view(home: Home): TemplateResult {
    const { range } = this;
    const isDay = typeof range === "object";
    const config = this.config(this.entry.entry_id, isDay ? range.day : undefined, isDay ? undefined : range);
    return html`<nattery-plan-card-view
        .hass=${this.hass}
        .config=${config}
        @range-changed=${(event: RangeEvent) => {
          navigate(`/nattery/plan?${queryWith(location.search, event.detail)}`, true);
        }}
      ></nattery-plan-card-view>
      ${this.errorText ? html`<div class="strip bad" role="alert"><p>${this.errorText}</p></div>` : nothing}
      ${this.plan.feed.value && this.days.days.length > 0 ? this.below(home, this.plan.feed.value) : nothing}`;
  }

  private below(home: Home, plan: PlanPicture): TemplateResult {
    const { now } = this.clock;
    const timeline = this.timeline(this.shownSpan(home), now, plan, this.days.days);
    const comparison = comparisonOf(timeline, now);
    const currency = this.days.days.find((day) => day)?.currency ?? plan.currency;
    const hasPlan = timeline.end > now;
    return html`${this.missing(home, timeline)}
      <div class="two">
        ${comparison.bookedHours > 0 ? this.comparison(home, comparison, currency) : nothing}
        ${this.prices(home, timeline, currency)} ${hasPlan ? this.notes(home, plan) : nothing}
      </div>
      ${
        timeline.slots.length > 0
          ? html`<ha-card>
              <h2>${home.text("screen_plan_table")}</h2>
              ${runTable({
                home,
                timeline,
                currency,
                now,
                rows: this.rows(timeline),
                opened: this.opened,
                toggle: this.toggle,
              })}
            </ha-card>`
          : nothing
      }`;
  }

  private missing(home: Home, timeline: Timeline): TemplateResult[] {
    return missingOf(timeline, this.clock.now, home.formats.zone).map(
      (name) => html`<div class="strip" role="status"><p>${home.text(`screen_missing_${name}`)}</p></div>`,
    );
  }

  private comparison(home: Home, comparison: Comparison, currency: string): TemplateResult {
    const { formats } = home;
    const row = (name: string, pair: Pair | null, show: (value: number) => string) =>
      pair === null
        ? nothing
        : html`<tr>
            <th scope="row">${name}</th>
            <td class="quiet">${show(pair.planned)}</td>
            <td>${show(pair.came)}</td>
          </tr>`;
    return html`<ha-card>
      <h2>${home.text("screen_plan_and_reality")}</h2>
      <table>
        <thead>
          <tr>
            <td></td>
            <th scope="col" class="quiet">${home.text("screen_planned")}</th>
            <th scope="col">${home.text("screen_booked")}</th>
          </tr>
        </thead>
        <tbody>
          ${row(home.text("screen_money"), comparison.cost, (amount) => home.cost(amount, currency))}
          ${row(home.text("screen_sun"), comparison.pv, (kwh) => formats.energy(kwh))}
          ${row(home.text("screen_house"), comparison.load, (kwh) => formats.energy(kwh))}
          ${row(home.text("screen_battery"), comparison.soc, (share) => formats.percent(share))}
        </tbody>
      </table>
      <p class="quiet small">
        ${home.text("screen_booked_hours", {
          booked: formats.number(comparison.bookedHours, 1),
          hours: formats.number(comparison.pastHours, 1),
        })}
      </p>
    </ha-card>`;
  }

  private prices(home: Home, timeline: Timeline, currency: string): TemplateResult | typeof nothing {
    const prices = pricesOf(timeline);
    if (!prices) return nothing;
    const { formats } = home;
    const price = (value: number | null): string => (value === null ? "–" : formats.price(value, currency));
    const time = (at: number | null): string => (at === null ? "" : ` ${formats.weekday(at)} ${formats.clock(at)}`);
    const row = (name: string, parts: PriceParts) =>
      html`<tr>
        <th scope="row">${name}<span class="planned quiet">${time(parts.at)}</span></th>
        <td>${price(parts.spot)}</td>
        <td>${price(parts.added)}</td>
        <td><strong>${price(parts.importPrice)}</strong></td>
        <td>${price(parts.exportPrice)}</td>
      </tr>`;
    return html`<ha-card>
      <h2>${home.text("screen_price_parts")}</h2>
      <div class="scroll" tabindex="0" role="region" aria-label=${home.text("screen_price_parts")}>
        <table>
          <thead>
            <tr>
              <td></td>
              <th scope="col">${home.text("screen_exchange")}</th>
              <th scope="col">${home.text("screen_fees_and_taxes")}</th>
              <th scope="col">${home.text("screen_you_pay")}</th>
              <th scope="col">${home.text("screen_you_get")}</th>
            </tr>
          </thead>
          <tbody>
            ${row(home.text("screen_lowest"), prices.lowest)} ${row(home.text("screen_mean"), prices.mean)}
            ${row(home.text("screen_highest"), prices.highest)}
          </tbody>
        </table>
      </div>
    </ha-card>`;
  }

  private notes(home: Home, plan: PlanPicture): TemplateResult | typeof nothing {
    if (plan.notes.length === 0) return nothing;
    const { now } = this.clock;
    return html`<ha-card>
      <h2>${home.text("screen_plan_considers")}</h2>
      <ul>
        ${plan.notes.map((note) => html`<li>${home.sentence(note, plan.currency, now)}</li>`)}
      </ul>
    </ha-card>`;
  }

  private get range(): Range {
    return rangeOf(this.query) ?? (this.narrow ? "24h" : "all");
  }

  private shownSpan(home: Home): { readonly start: number; readonly end: number } {
    const planEnd = endOfPlan(this.plan.feed.value);
    const { start, end } = spanOf(this.range, this.clock.now, home.formats.zone, planEnd);
    return this.span(start, end);
  }

  private readonly toggle = (start: number): void => {
    const opened = new Set(this.opened);
    if (!opened.delete(start)) opened.add(start);
    this.opened = opened;
  };

  private async explain(home: Home, error: CommandError | undefined): Promise<void> {
    this.explained = error;
    this.errorText = error ? await home.errorText(error) : "";
  }

  static override readonly styles = [
    colours,
    shapes,
    pageStyles,
    marks,
    css`
      :host,
      .two {
        display: grid;
        gap: 12px;
        grid-template-columns: minmax(0, 1fr);
      }
      @media (min-width: 1000px) {
        .two {
          grid-template-columns: repeat(auto-fit, minmax(380px, 1fr));
        }
      }
      ul {
        display: grid;
        gap: 6px;
        margin: 0;
        padding-inline-start: 20px;
      }
      .scroll {
        overflow-x: auto;
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-variant-numeric: tabular-nums;
      }
      th,
      td {
        padding: 8px;
        text-align: end;
        font-weight: inherit;
        vertical-align: baseline;
        border-bottom: 1px solid var(--n-line);
      }
      thead th {
        color: var(--n-ink-2);
        font-size: 13px;
      }
      th:first-child,
      :is(th, td).action,
      .why {
        text-align: start;
      }
      th:first-child,
      td:first-child {
        padding-inline-start: 0;
      }
      .run :is(th, td) {
        white-space: nowrap;
      }
      .run th,
      .run .action {
        font-weight: 600;
      }
      .day th {
        padding-top: 16px;
        color: var(--n-ink-2);
      }
      .run button.link {
        margin: -10px 0;
        color: inherit;
        text-decoration: none;
        white-space: nowrap;
      }
      .slot {
        background: color-mix(in srgb, var(--n-ink) 4%, transparent);
      }
      .slot th {
        padding-inline-start: 22px;
      }
      .planned {
        display: block;
        font-size: 13px;
        font-weight: 400;
      }
      .present {
        background: color-mix(in srgb, var(--n-focus) 16%, transparent);
      }
      .present th {
        box-shadow: inset 3px 0 var(--n-focus);
      }
      :host([narrow]) .wide {
        display: none;
      }
      :host([narrow]) :is(th, td) {
        padding-inline: 3px;
      }
      :host([narrow]) .planned {
        white-space: normal;
        text-wrap: balance;
      }
    `,
  ];
}

customElements.define("nattery-plan-page", PlanPage);
