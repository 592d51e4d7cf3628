/** The page of savings: months and days against both baselines, what is expected, forecasts, and the backtest. */
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import type { Health, PlanPicture } from "../../data/api";
import { ClockController, FeedController } from "../../data/controllers";
import type { CommandError } from "../../data/hass";
import type { Home } from "../../data/home";
import { LedgerController, type LedgerRow } from "../../data/ledger";
import { navigate } from "../../ui/element";
import { pageStyles, skeletonCard } from "../../ui/page-styles";
import { colours, shapes } from "../../ui/styles";
import { forecastText } from "../model-forecast";
import { NatteryPage } from "../page";
import "../savings/backtest";
import "../savings/bars";
import type { BarEvent } from "../savings/bars";
import { dayBars, missingHours, monthBars, monthOf, periodOf, yearOf, type SavingBar } from "../savings/model";
import { barText, costsList, headline, savingsTable } from "../savings/texts";

const QUARTER_MS = 900_000;
const BOOKED_AFTER_MS = 60_000;

export class SavingsPage extends NatteryPage {
  private readonly months = new LedgerController(this);
  private readonly days = new LedgerController(this);
  private readonly plan = new FeedController<PlanPicture>(this);
  private readonly health = new FeedController<Health>(this);
  private readonly clock = new ClockController(this);
  @state() private month: string | undefined;
  @state() private chosenDay: string | undefined;
  @state() private isTable = false;
  @state() private errorText = "";
  private explained: CommandError | undefined;

  protected override prepare(home: Home): void {
    const { entry_id: id } = this.entry;
    const { zone } = home.formats;
    const { now } = this.clock;
    const message = (type: string) => ({ type, entry_id: id });
    this.plan.use(home.connection, message("nattery/plan/subscribe"));
    this.health.use(home.connection, message("nattery/health/subscribe"));
    const quarter = Math.floor((now - BOOKED_AFTER_MS) / QUARTER_MS);
    this.months.use(home.connection, id, { period: "month", ...isoOf(yearOf(now, zone)) }, String(quarter));
    const shown = periodOf(this.shownMonth(home), zone);
    const isPast = shown.end <= now;
    const period = { start: shown.start, end: isPast ? shown.end : now };
    if (period.end > period.start) {
      this.days.use(home.connection, id, { period: "day", ...isoOf(period) }, isPast ? "past" : String(quarter));
    }
    const error = this.months.error ?? this.days.error;
    if (error !== this.explained) void this.explain(home, error);
  }

  protected override view(home: Home): TemplateResult {
    const { rows } = this.months;
    const { currency } = this;
    if (!rows && !this.errorText) return this.skeleton();
    return html`${this.errorText ? html`<div class="strip bad" role="alert"><p>${this.errorText}</p></div>` : nothing}
      <div class="two">
        <div class="column">
          ${rows ? this.daysOf(home, rows, currency) : nothing}
          <nattery-backtest .hass=${this.hass} .entry=${this.entry} .currency=${currency}></nattery-backtest>
        </div>
        <div class="column">
          ${rows ? this.monthsOf(home, rows, currency) : nothing} ${this.outlook(home, currency)}
        </div>
      </div>`;
  }

  private monthsOf(home: Home, rows: readonly LedgerRow[], currency: string): TemplateResult {
    const months = monthBars(rows, this.clock.now, home.formats.zone);
    const shown = this.shownMonth(home);
    return html`<ha-card>
      <h2>${home.text("screen_savings_months")}</h2>
      <nattery-saving-bars
        .hass=${this.hass}
        .bars=${months}
        .chosen=${months.findIndex(({ key }) => key === shown)}
        .currency=${currency}
        .label=${home.text("screen_savings_months_label")}
        .nameOf=${(bar: SavingBar) => home.formats.month(bar.start, false).slice(0, 3)}
        .textOf=${(bar: SavingBar) => barText(home, bar, home.formats.month(bar.start), currency)}
        @bar-chosen=${(event: BarEvent) => {
          this.month = months[event.detail]?.key;
          this.chosenDay = undefined;
        }}
      ></nattery-saving-bars>
      ${this.legend(home)}
    </ha-card>`;
  }

  private daysOf(home: Home, rows: readonly LedgerRow[], currency: string): TemplateResult {
    const { now } = this.clock;
    const { zone } = home.formats;
    const month = this.shownMonth(home);
    const whole = monthBars(rows, now, zone).find(({ key }) => key === month);
    // While another month is on its way, its days are empty.
    const bars = dayBars(this.days.rows ?? [], month, now, zone, this.plan.feed.value);
    const day = this.chosenDay ?? zone.dayOf(now);
    const chosen = bars.findIndex(({ key }) => key === day);
    return html`<ha-card>
      ${headline(home, whole, month, currency)}
      <nattery-saving-bars
        .hass=${this.hass}
        .bars=${bars}
        .chosen=${chosen}
        .currency=${currency}
        .tall=${130}
        .label=${home.text("screen_savings_chart_label")}
        .nameOf=${(_: SavingBar, index: number) => (index === 0 || (index + 1) % 5 === 0 ? String(index + 1) : "")}
        .textOf=${(bar: SavingBar) => barText(home, bar, home.formats.day(bar.start, true), currency)}
        @bar-chosen=${(event: BarEvent) => {
          this.chosenDay = bars[event.detail]?.key;
        }}
        @bar-opened=${(event: BarEvent) => {
          const opened = bars[event.detail];
          if (opened) navigate(this.planOf(opened.key));
        }}
      ></nattery-saving-bars>
      ${this.details(home, bars[chosen], currency)}
      ${chosen < 0 && whole?.row ? costsList(home, whole.row, currency) : nothing}
      <button class="link" aria-expanded=${this.isTable} @click=${this.toggleTable}>
        ${home.text(this.isTable ? "screen_hide_table" : "screen_show_table")}
      </button>
      ${this.isTable ? savingsTable(home, bars, currency, (day) => this.planOf(day)) : nothing}
    </ha-card>`;
  }

  private details(home: Home, bar: SavingBar | undefined, currency: string): TemplateResult | typeof nothing {
    if (!bar) return nothing;
    const missing = bar.row && missingHours(bar.row, this.clock.now);
    const { formats } = home;
    return html`<div class="details">
      <div class="apart">
        <p>${barText(home, bar, formats.day(bar.start), currency)}</p>
        <a
          class="link"
          href=${this.planOf(bar.key)}
          @click=${(event: MouseEvent) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
            navigate(this.planOf(bar.key));
          }}
          >${home.text("screen_open_day")}</a
        >
      </div>
      ${bar.row ? costsList(home, bar.row, currency) : nothing}
      ${
        missing
          ? html`<p class="small quiet">
              ${home.text("screen_counted_hours", {
                counted: formats.number(missing.counted),
                hours: formats.number(missing.all),
              })}
            </p>`
          : nothing
      }
    </div>`;
  }

  private legend(home: Home): TemplateResult {
    return html`<p class="legend quiet small">
        <span><i class="saved"></i>${home.text("screen_legend_no_battery")}</span>
        <span><i class="planning"></i>${home.text("screen_legend_planning")}</span>
        <span><i class="expected"></i>${home.text("screen_legend_expected")}</span>
      </p>
      <details>
        <summary class="small">${home.text("screen_compared_with")}</summary>
        <p class="quiet small">${home.text("screen_baselines_explained")} ${home.text("screen_baseline_wear")}</p>
      </details>`;
  }

  /** What today and tomorrow are expected to save, and how good such forecasts were. */
  private outlook(home: Home, currency: string): TemplateResult {
    const plan = this.plan.feed.value;
    const [today, tomorrow] = [plan?.today, plan?.tomorrow];
    const health = this.health.feed.value;
    const forecast = health ? forecastText(home, health.forecast) : undefined;
    return html`<ha-card>
      <h2>${home.text("screen_outlook")}</h2>
      ${
        today?.saving == null && tomorrow?.saving == null
          ? html`<p class="quiet">${home.text("screen_outlook_none")}</p>`
          : nothing
      }
      ${
        today?.saving == null
          ? nothing
          : html`<p>
              ${home.text("screen_outlook_today", { saving: home.saving(today.saving, currency) })}
              ${
                today.so_far?.saving == null
                  ? nothing
                  : html`<span class="quiet">
                      ${home.text("screen_outlook_so_far", { saving: home.saving(today.so_far.saving, currency) })}
                    </span>`
              }
            </p>`
      }
      ${
        tomorrow?.saving == null
          ? nothing
          : html`<p class="quiet">
              ${home.text("screen_outlook_tomorrow", { saving: home.saving(tomorrow.saving, currency) })}
            </p>`
      }
      <h2>${home.text("screen_part_forecast")}</h2>
      <p>${forecast ?? home.text("screen_forecast_none")}</p>
    </ha-card>`;
  }

  private shownMonth(home: Home): string {
    return this.month ?? monthOf(this.clock.now, home.formats.zone);
  }

  private get currency(): string {
    const booked = this.months.rows?.findLast((row) => row.currency !== null)?.currency;
    return booked ?? this.entry.currency ?? "EUR";
  }

  private planOf(day: string): string {
    const query = new URLSearchParams(location.search);
    query.set("day", day);
    return `/nattery/plan?${query.toString()}`;
  }

  private readonly toggleTable = (): void => {
    this.isTable = !this.isTable;
  };

  private async explain(home: Home, error: CommandError | undefined): Promise<void> {
    this.explained = error;
    this.errorText = error ? await home.errorText(error) : "";
  }

  protected override skeleton(): TemplateResult {
    return skeletonCard();
  }

  static override readonly styles = [
    colours,
    shapes,
    pageStyles,
    css`
      .two,
      .column {
        display: grid;
        gap: 12px;
        align-content: start;
        min-width: 0;
      }
      .strip {
        margin-bottom: 12px;
      }
      @media (min-width: 1000px) {
        .two {
          grid-template-columns: minmax(0, 3fr) minmax(0, 2fr);
        }
      }
      :host([narrow]) .column {
        display: contents;
      }
      :host([narrow]) nattery-backtest {
        order: 1;
      }
      .details .apart > p {
        flex: 1 1 240px;
      }
      .details {
        display: grid;
        gap: 4px;
      }
      button.link {
        justify-self: end;
      }
      .legend {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 16px;
      }
      .legend i {
        display: inline-block;
        width: 14px;
        height: 10px;
        margin-inline-end: 6px;
        border-radius: 2px;
      }
      i.saved {
        background: color-mix(in srgb, var(--n-good) 38%, var(--n-card));
      }
      i.planning {
        width: 7px;
        background: var(--n-good);
      }
      i.expected {
        width: 8px;
        border: 1px dashed var(--n-good);
      }
      .scroll {
        overflow-x: auto;
      }
      table {
        width: 100%;
        border-collapse: collapse;
      }
      th,
      td {
        padding: 6px 8px;
        text-align: end;
        font-weight: inherit;
        border-bottom: 1px solid var(--n-line);
      }
      th:first-child {
        text-align: start;
      }
      td a,
      th a {
        color: var(--n-pay);
      }
    `,
  ];
}

function isoOf({ start, end }: { readonly start: number; readonly end: number }): { start: string; end: string } {
  return { start: new Date(start).toISOString(), end: new Date(end).toISOString() };
}

customElements.define("nattery-savings-page", SavingsPage);
