/** The savings card: what the battery has saved this month, by day, and what of it planning has done. */
import { css, html, nothing, svg, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import type { SiteEntry } from "../../data/api";
import { ClockController } from "../../data/controllers";
import type { CommandError } from "../../data/hass";
import type { Home } from "../../data/home";
import { LedgerController } from "../../data/ledger";
import { addDays } from "../../i18n/zone";
import { navigate } from "../../ui/element";
import { colours, shapes } from "../../ui/styles";
import { NatteryCard, smallCardStyles } from "../base";
import { barsOf } from "./geometry";
import { isLoss, isPartial, monthOf, startOfMonth, totalOf, type DaySaving, type MonthSavings } from "./model";

const QUARTER_MS = 900_000;
const BOOKED_AFTER_MS = 60_000;
const YEARS = 6;
const HEIGHT = 128;
const AXIS = 20;

export default class SavingsCard extends NatteryCard {
  @state() private chosen: number | undefined;
  @state() private showsBaselines = false;
  @state() private width = 0;
  private readonly days = new LedgerController(this);
  private readonly months = new LedgerController(this);
  private readonly clock = new ClockController(this);
  private explained: CommandError | undefined;
  @state() private errorText = "";
  private readonly sizes = new ResizeObserver(([size]) => {
    if (size) this.width = Math.round(size.contentRect.width);
  });

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
  }

  protected override prepare(home: Home): void {
    const { zone } = home.formats;
    const now = this.clock.now;
    const id = this.seenEntry?.entry_id;
    const start = startOfMonth(now, zone);
    const [first, end] = [new Date(start).toISOString(), new Date(now).toISOString()];
    const quarter = Math.floor((now - BOOKED_AFTER_MS) / QUARTER_MS);
    if (now > start) this.days.use(home.connection, id, { period: "day", start: first, end }, String(quarter));
    const long = new Date(zone.startOf(addDays(zone.dayOf(start), -365 * YEARS))).toISOString();
    this.months.use(home.connection, id, { period: "month", start: long, end }, String(Math.floor(quarter / 4)));
    const { error } = this.days;
    if (error !== this.explained) void this.explain(home, error);
  }

  protected override updated(): void {
    const chart = this.renderRoot.querySelector(".chart");
    if (chart) this.sizes.observe(chart);
  }

  protected override content(home: Home, entry: SiteEntry): TemplateResult {
    const { rows, error } = this.days;
    if (!rows) return error ? this.message(this.errorText) : this.skeleton();
    const month = monthOf(rows, this.clock.now, home.formats.zone);
    const currency = month.currency ?? entry.currency ?? "EUR";
    const name = home.formats.month(month.start, false);
    const hasLost = month.saved !== null && isLoss(month.saved);
    return html`<ha-card>
      ${this.heading(home.text(hasLost ? "screen_lost_in" : "screen_saved_in", { month: name }))}
      ${month.saved === null ? html`<p>${home.text("screen_nothing_booked")}</p>` : this.whole(home, month, currency)}
    </ha-card>`;
  }

  private whole(home: Home, month: MonthSavings, currency: string): TemplateResult {
    const saved = month.saved ?? 0;
    return html`<div class="apart">
        <p class="sum number ${isLoss(saved) ? "bad" : "good"}">${home.formats.money(saved, currency)}</p>
        <p class="quiet">${planningText(home, month, currency)}</p>
      </div>
      <div class="chart">${this.width > 0 ? this.chart(home, month, currency) : nothing}</div>
      ${this.line(home, month, currency)}
      ${
        isPartial(month)
          ? html`<p class="quiet small">
              ${home.text("screen_counted_hours", {
                counted: home.formats.number(Math.floor(month.countedHours)),
                hours: home.formats.number(Math.round(month.hours)),
              })}
            </p>`
          : nothing
      }
      <div class="foot">
        <button class="link small" aria-expanded=${this.showsBaselines} @click=${this.toggleBaselines}>
          ${home.text(this.showsBaselines ? "screen_less" : "screen_compared_with")}
        </button>
        ${this.showsBaselines ? this.baselines(home, month, currency) : nothing}
      </div>`;
  }

  private chart(home: Home, month: MonthSavings, currency: string): TemplateResult {
    const { days } = month;
    const { bars, step, zero } = barsOf(days, this.width, HEIGHT);
    const shown = this.chosen ?? days.findIndex(({ isToday }) => isToday);
    const marked = this.chosen === undefined ? undefined : this.chosen * step;
    const label = (index: number): TemplateResult => {
      const anchor = index === 0 ? "start" : index === days.length - 1 ? "end" : "middle";
      const x = index === 0 ? 0 : index === days.length - 1 ? this.width : (index + 0.5) * step;
      return svg`<text x=${x} y=${HEIGHT + AXIS - 4} text-anchor=${anchor}>${home.formats.number(index + 1)}</text>`;
    };
    return html`<svg
      viewBox="0 -2 ${this.width} ${HEIGHT + AXIS + 2}"
      height=${HEIGHT + AXIS + 2}
      tabindex="0"
      role="slider"
      aria-label=${home.text("screen_savings_chart_label")}
      aria-valuemin="1"
      aria-valuemax=${days.length}
      aria-valuenow=${shown + 1}
      aria-valuetext=${dayText(home, days[shown], currency)}
      @keydown=${(event: KeyboardEvent) => {
        this.key(event, days, shown);
      }}
      @pointermove=${(event: PointerEvent) => {
        if (event.pointerType === "mouse") this.chosen = this.at(event, days);
      }}
      @pointerleave=${() => {
        this.chosen = undefined;
      }}
      @blur=${() => {
        this.chosen = undefined;
      }}
      @click=${(event: MouseEvent) => {
        this.open(days[this.at(event, days)]);
      }}
    >
      ${marked === undefined ? nothing : svg`<rect class="mark" x=${marked} y="-2" width=${step} height=${HEIGHT + 2}></rect>`}
      ${bars.map((bar) =>
        bar
          ? svg`<rect class="bar ${bar.isLoss ? "loss" : ""} ${bar.isToday ? "today" : ""}"
              x=${bar.x} y=${bar.y} width=${bar.width} height=${bar.height} rx="1.5"></rect>`
          : nothing,
      )}
      <line x1="0" x2=${this.width} y1=${zero} y2=${zero}></line>
      ${[0, 14, days.length - 1].map(label)}
    </svg>`;
  }

  /** One line below the chart: the day that is pointed at, else today and all time. */
  private line(home: Home, month: MonthSavings, currency: string): TemplateResult {
    const day = this.chosen === undefined ? undefined : month.days[this.chosen];
    if (day) return html`<p class="number">${dayText(home, day, currency)}</p>`;
    const total = this.months.rows ? totalOf(this.months.rows) : null;
    const isOlder = total !== null && total.since < month.start;
    return html`<p class="apart number">
      ${
        month.today === null
          ? nothing
          : html`<span>${home.text("screen_today_so_far")} <b>${signed(home, month.today, currency)}</b></span>`
      }
      ${
        isOlder
          ? html`<span>
              ${home.text("screen_since", { month: this.sinceText(home, total.since) })}
              <b>${signed(home, total.saved, currency)}</b>
            </span>`
          : nothing
      }
    </p>`;
  }

  private sinceText(home: Home, since: number): string {
    const isThisYear =
      home.formats.zone.dayOf(since).slice(0, 4) === home.formats.zone.dayOf(this.clock.now).slice(0, 4);
    return home.formats.month(since, !isThisYear);
  }

  private baselines(home: Home, { costs }: MonthSavings, currency: string): TemplateResult | typeof nothing {
    if (!costs) return nothing;
    const rows = [
      [home.text("screen_baseline_real"), costs.cost],
      [home.text("screen_baseline_self_use"), costs.selfUse],
      [home.text("screen_baseline_none"), costs.noBattery],
    ] as const;
    return html`<dl>
        ${rows.map(
          ([name, amount]) =>
            html`<div class="apart">
              <dt>${name}</dt>
              <dd class="number">${home.cost(amount, currency)}</dd>
            </div>`,
        )}
      </dl>
      <p class="quiet small">${home.text("screen_baseline_note")}</p>`;
  }

  private async explain(home: Home, error: CommandError | undefined): Promise<void> {
    this.explained = error;
    this.errorText = error ? await home.errorText(error) : "";
  }

  private readonly toggleBaselines = (): void => {
    this.showsBaselines = !this.showsBaselines;
  };

  private at(event: MouseEvent, days: readonly DaySaving[]): number {
    const { left, width } = (event.currentTarget as Element).getBoundingClientRect();
    const index = Math.floor(((event.clientX - left) / width) * days.length);
    return Math.min(days.length - 1, Math.max(0, index));
  }

  private key(event: KeyboardEvent, days: readonly DaySaving[], shown: number): void {
    const last = days.length - 1;
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: shown - 1,
      ArrowDown: shown - 1,
      ArrowRight: shown + 1,
      ArrowUp: shown + 1,
      PageDown: shown - 7,
      PageUp: shown + 7,
      Home: 0,
      End: last,
    };
    const next = moves[event.key];
    if (next !== undefined) this.chosen = Math.min(last, Math.max(0, next));
    else if (event.key === "Enter" || event.key === " ") this.open(days[shown]);
    else return;
    event.preventDefault();
  }

  private open(day: DaySaving | undefined): void {
    const { entry } = this;
    if (day && entry) navigate(`/nattery/plan?day=${day.day}&entry=${entry.entry_id}`);
  }

  static override readonly styles = [
    colours,
    shapes,
    smallCardStyles,
    css`
      .sum {
        font-size: 26px;
        font-weight: 600;
        line-height: 1.2;
      }
      svg {
        display: block;
        width: 100%;
        cursor: pointer;
        direction: ltr;
      }
      .bar {
        fill: color-mix(in srgb, var(--n-good) 70%, var(--n-card));
      }
      .bar.today {
        fill: var(--n-good);
      }
      .bar.loss {
        fill: var(--n-discharge);
      }
      .mark {
        fill: color-mix(in srgb, var(--n-ink) 10%, transparent);
      }
      line {
        stroke: var(--n-ink-2);
      }
      text {
        font-size: 12px;
        fill: var(--n-ink-2);
      }
      .foot {
        display: grid;
        gap: 6px;
        justify-items: start;
        margin: auto 0 -8px;
      }
      dl {
        display: grid;
        gap: 4px;
        width: 100%;
      }
      .foot > p {
        margin-bottom: 8px;
      }
      @media (forced-colors: active) {
        .bar {
          fill: CanvasText;
        }
      }
    `,
  ];
}

/** Return what planning has done; it may be more than the whole, where the battery alone has lost money. */
function planningText(home: Home, { saved, byPlanning }: MonthSavings, currency: string): string {
  const amount = byPlanning ?? 0;
  const sum = home.formats.money(amount, currency);
  if (isLoss(amount)) return home.text("screen_lost_by_planning", { sum });
  return home.text(amount > (saved ?? 0) ? "screen_better_than_unplanned" : "screen_of_it_by_planning", { sum });
}

function dayText(home: Home, day: DaySaving | undefined, currency: string): string {
  if (!day) return home.text("screen_nothing_known");
  const sum = day.saved === null ? home.text("screen_nothing_known") : home.saving(day.saved, currency);
  return home.text("screen_day_saving", { day: home.formats.day(day.start), sum });
}

/** Return a sum, a loss in words. */
function signed(home: Home, amount: number, currency: string): string {
  return isLoss(amount) ? home.saving(amount, currency) : home.formats.money(amount, currency);
}

if (!customElements.get("nattery-savings-card-view")) customElements.define("nattery-savings-card-view", SavingsCard);
