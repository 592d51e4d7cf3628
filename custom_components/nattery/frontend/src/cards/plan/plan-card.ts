/** The plan card: what the battery does, why, what it earns, and how to change it. */
import { html, nothing, type PropertyDeclarations, type TemplateResult } from "lit";
import type {
  ActionKind,
  OverrideResult,
  PlanPicture,
  PricesPicture,
  Reason,
  SiteEntry,
  WhatIfResult,
} from "../../data/api";
import { ClockController, ConnectionController, FeedController } from "../../data/controllers";
import { DaysController } from "../../data/days";
import type { Hass } from "../../data/hass";
import type { Home } from "../../data/home";
import { entryOf } from "../../data/site";
import type { TextKey } from "../../i18n/words";
import { ACTIONS, actionMark, actionName } from "../../ui/actions";
import { NatteryElement } from "../../ui/element";
import { colours, shapes } from "../../ui/styles";
import { cardStyles } from "./card-styles";
import type { Changes } from "./changes";
import { addDays } from "../../i18n/zone";
import { actionText, factsOf, spokenText, timeText } from "./describe";
import { memoised } from "./geometry";
import { marks } from "./marks";
import { daysNeeded, endOfPlan, presentOf, QUARTER_MS, spanOf, summaryOf, timelineOf } from "./model";
import type { Range, RangeName, Selection, Slot, Summary, Timeline } from "./model";
import "./plan-chart";
import type { SelectionEvent } from "./plan-chart";
import type { planTable } from "./table";
import type { stripsOf } from "./strips";

export interface PlanCardConfig {
  readonly type?: string;
  /** The entry that is shown; found by itself without it. */
  readonly entry?: string;
  readonly title?: string;
  readonly range?: RangeName;
  /** A day such as 2026-11-27 instead of a range. */
  readonly day?: string;
  /** Whether the card offers its table, as it does by default. */
  readonly table?: boolean;
}

/** A range that the user has chosen. */
export type RangeEvent = CustomEvent<Range>;

const RANGES: readonly (readonly [RangeName, TextKey])[] = [
  ["24h", "screen_range_24h"],
  ["today", "screen_range_today"],
  ["tomorrow", "screen_range_tomorrow"],
  ["all", "screen_range_all"],
];
const NARROW = 560;

export default class PlanCard extends NatteryElement {
  static override properties: PropertyDeclarations = {
    config: { state: true },
    range: { state: true },
    pinned: { state: true },
    hovered: { state: true },
    whatIf: { state: true },
    isTable: { state: true },
    showsNumbers: { state: true },
  };
  private config: PlanCardConfig = {};
  private range: Range | undefined;
  private pinned: { readonly start: number; readonly end: number } | undefined;
  private hovered: Selection | undefined;
  private whatIf: WhatIfResult | undefined;
  private isTable = false;
  private showsNumbers = false;
  private readonly plan = new FeedController<PlanPicture>(this);
  private readonly prices = new FeedController<PricesPicture>(this);
  private readonly days = new DaysController(this);
  private readonly clock = new ClockController(this);
  private readonly connection = new ConnectionController(this);
  private firstAction: ActionKind | "plan" | undefined;
  private table: typeof planTable | undefined;
  private stripsOf: typeof stripsOf | undefined;
  private changes: Changes | undefined;
  private readonly timeline = memoised(timelineOf);
  private readonly span = memoised((start: number, end: number) => ({ start, end }));

  setConfig(config: PlanCardConfig): void {
    if (config.range !== undefined && !RANGES.some(([name]) => name === config.range)) {
      throw new Error(`range: ${RANGES.map(([name]) => name).join(", ")}`);
    }
    this.config = config;
    this.range = undefined;
  }

  getCardSize(): number {
    return 10;
  }

  getGridOptions(): Record<string, unknown> {
    return { columns: "full", min_columns: 6, rows: "auto" };
  }

  static async getConfigElement(): Promise<HTMLElement> {
    await import("./editor");
    return document.createElement("nattery-plan-card-editor");
  }

  static getStubConfig(_hass: Hass): PlanCardConfig {
    return {}; // the card finds its entry
  }

  protected override prepare(home: Home): void {
    const { entry } = this;
    this.connection.use(home.connection);
    const about = (type: string, isThere: boolean | undefined) =>
      entry && isThere && entry.may.see ? { type, entry_id: entry.entry_id } : undefined;
    this.plan.use(home.connection, about("nattery/plan/subscribe", entry?.trading));
    this.prices.use(home.connection, about("nattery/prices/subscribe", entry?.prices));
    const { zone } = home.formats;
    const now = this.clock.now;
    const days = daysNeeded(this.currentSpan(home), now, zone, this.currentRange);
    const id = entry?.may.see ? entry.entry_id : undefined;
    this.days.use(home.connection, id, days, zone.dayOf(now), String(Math.floor((now - 20_000) / QUARTER_MS)));
  }

  protected override view(home: Home): TemplateResult {
    const { entry } = this;
    const { site, error } = this.siteState;
    if (!site) return error ? this.message(home.text("screen_failed")) : this.skeleton();
    if (!entry?.trading) return this.nothingSetUp(home, entry);
    if (!entry.may.see) return this.message(home.text("screen_not_allowed"));
    const { value: plan, error: failure } = this.plan.feed;
    if (plan === null) return this.message(home.text("screen_not_running", { entry: entry.title }));
    if (!plan) return failure ? this.message(home.text("screen_failed")) : this.skeleton();
    return this.whole(home, entry, plan);
  }

  private whole(home: Home, entry: SiteEntry, plan: PlanPicture): TemplateResult {
    const now = this.clock.now;
    const timeline = this.timeline(this.currentSpan(home), now, plan, this.days.days);
    const selection = this.hovered ?? this.pinnedIn(timeline);
    const shown = selection ?? presentOf(timeline, now) ?? { first: 0, last: 0 };
    const summary = summaryOf(timeline.slots, shown.first, shown.last);
    const minimum = reserveOf(entry, plan);
    return html`<ha-card class=${this.connection.lostAt === undefined ? "" : "lost"}>
      ${this.head(home, plan, selection !== undefined)} ${this.strips(home, entry, plan, now)}
      ${this.changes?.view() ?? nothing} ${this.ranges(home)}
      <nattery-plan-chart
        .home=${home}
        .timeline=${timeline}
        .currency=${plan.currency}
        .now=${now}
        .socMinimum=${minimum}
        .selection=${selection}
        .spoken=${spokenText(home, summary, plan.currency, now)}
        .whatIf=${this.whatIf}
        @selection-changed=${(event: SelectionEvent) => {
          this.select(event, timeline);
        }}
      ></nattery-plan-chart>
      ${this.legend(home)} ${summary ? this.details(home, entry, plan, summary, selection !== undefined) : nothing}
      ${
        this.config.table === false
          ? nothing
          : html`<div class="row end">
              <button class="link" aria-expanded=${this.isTable} @click=${this.toggleTable}>
                ${home.text(this.isTable ? "screen_hide_table" : "screen_show_table")}
              </button>
            </div>`
      }
      ${this.isTable && this.table ? this.table(home, timeline, plan.currency, now) : nothing}
    </ha-card>`;
  }

  // --- the parts from top to bottom

  private head(home: Home, plan: PlanPicture, isChosen: boolean): TemplateResult {
    const { present, today } = plan;
    const action = present?.action ?? null;
    const until = Date.parse(present?.until ?? "");
    const title = action === null ? home.text("screen_no_action") : actionName(home, action);
    const isDone = plan.automatic;
    return html`<header>
      ${this.config.title ? html`<p class="quiet name">${this.config.title}</p>` : nothing}
      <h2>
        ${action ? actionMark(action) : nothing} ${isDone ? title : home.text("screen_would", { action: title })}
        ${
          Number.isNaN(until)
            ? nothing
            : html`<span>${home.text("screen_until", { time: home.formats.clock(until) })}</span>`
        }
      </h2>
      ${present?.reason ? this.reason(home, present.reason, plan.currency, isChosen ? undefined : "why") : nothing}
      ${
        today?.cost == null
          ? nothing
          : html`<div class="money">
              <p class="sum">${home.cost(today.cost, plan.currency)}</p>
              <p class="quiet small">${home.text("screen_today_expected")}</p>
              ${
                today.saving === null
                  ? nothing
                  : html`<p class=${today.saving < 0 ? "bad" : "good"}>${home.saving(today.saving, plan.currency)}</p>`
              }
            </div>`
      }
    </header>`;
  }

  /** What a person should know before reading the chart; the code comes when there is something. */
  private strips(home: Home, entry: SiteEntry, plan: PlanPicture, now: number): unknown {
    const prices = this.prices.feed.value;
    const lostAt = this.connection.lostAt === undefined ? undefined : this.plan.feed.at;
    const isWell = prices?.freshness === "fresh" || prices?.freshness === "expected" || !prices;
    if (
      isWell &&
      lostAt === undefined &&
      !plan.problem &&
      plan.automatic &&
      !plan.pause &&
      plan.overrides.length === 0
    ) {
      return nothing;
    }
    if (!this.stripsOf) {
      void import("./strips").then((loaded) => {
        this.stripsOf = loaded.stripsOf;
        this.requestUpdate();
      });
    }
    return this.stripsOf?.({
      home,
      entry,
      plan,
      now,
      prices,
      lostAt,
      clear: (override) => void this.loadChanges(home, entry).then((changes) => changes.clear(override)),
      resume: () => void this.loadChanges(home, entry).then((changes) => changes.resume()),
    });
  }

  private ranges(home: Home): TemplateResult {
    const current = this.currentRange;
    const day = typeof current === "object" ? current.day : undefined;
    const step = (days: number) => () => {
      if (day !== undefined) this.showRange({ day: addDays(day, days) });
    };
    return html`<div class="row ranges" role="group" aria-label=${home.text("screen_range")}>
      ${RANGES.map(
        ([name, text]) =>
          html`<button
            aria-pressed=${current === name}
            @click=${() => {
              this.showRange(name);
            }}
          >
            ${home.text(text)}
          </button>`,
      )}
      ${day === undefined ? nothing : html`<button aria-label=${home.text("screen_day_before")} @click=${step(-1)}>‹</button>`}
      <label class="chip day ${day === undefined ? "" : "chosen"}">
        ${day === undefined ? home.text("screen_range_day") : home.formats.day(home.formats.zone.startOf(day))}
        <input
          type="date"
          aria-label=${home.text("screen_range_day")}
          .value=${day ?? ""}
          @click=${(event: Event) => {
            (event.currentTarget as HTMLInputElement).showPicker();
          }}
          @change=${(event: Event) => {
            this.showDay((event.currentTarget as HTMLInputElement).value);
          }}
        />
      </label>
      ${day === undefined ? nothing : html`<button aria-label=${home.text("screen_day_after")} @click=${step(1)}>›</button>`}
    </div>`;
  }

  private legend(home: Home): TemplateResult {
    const entries: readonly (readonly [string, TextKey])[] = [
      ["pay", "screen_legend_pay"],
      ["get", "screen_legend_get"],
      ["soc", "screen_legend_battery"],
      ["sun", "screen_legend_sun"],
      ["house", "screen_legend_house"],
    ];
    return html`<p class="legend quiet" aria-hidden="true">
      ${entries.map(([key, text]) => html`<span><i class=${key}></i>${home.text(text)}</span>`)}
    </p>`;
  }

  private details(home: Home, entry: SiteEntry, plan: PlanPicture, one: Summary, isChosen: boolean): TemplateResult {
    const now = this.clock.now;
    return html`<section class="details">
      <h3>
        ${timeText(home, one)} ${one.action ? actionMark(one.action) : nothing} ${actionText(home, one)}
        ${one.overrides.length > 0 ? html`<span class="tag">${home.text("screen_you_decided_tag")}</span>` : nothing}
        ${one.isBooked ? html`<span class="quiet">${home.text("screen_booked")}</span>` : nothing}
        ${one.count > 1 ? html`<span class="quiet">${home.text("screen_quarters", { count: one.count })}</span>` : nothing}
      </h3>
      <dl>
        ${factsOf(home, one, plan.currency).map(
          ({ name, value }) =>
            html`<div>
              <dt class="quiet">${name}</dt>
              <dd class="number">${value}</dd>
            </div>`,
        )}
      </dl>
      ${one.reason && isChosen ? this.reason(home, one.reason, plan.currency, "") : nothing}
      ${entry.may.steer && one.end > now ? this.controls(home, entry, plan, one) : nothing}
    </section>`;
  }

  /** Return a reason: its sentence, and the numbers behind it on demand, unless there is no `area` for them. */
  private reason(home: Home, reason: Reason, currency: string, area: string | undefined): TemplateResult {
    const now = this.clock.now;
    const sentences = home.sentences(currency);
    const numbers = area === undefined ? undefined : sentences.details(reason, now);
    return html`<p class="quiet reason ${area ?? "why"}">
      ${sentences.sentence(reason, now)}
      ${
        numbers
          ? html`<button class="link" aria-expanded=${this.showsNumbers} @click=${this.toggleNumbers}>
                ${home.text(this.showsNumbers ? "screen_less" : "screen_why")}</button
              >${this.showsNumbers ? html`<br />${numbers}` : nothing}`
          : nothing
      }
    </p>`;
  }

  /** Buttons for another action; the code that asks what it costs comes with the first press. */
  private controls(home: Home, entry: SiteEntry, plan: PlanPicture, one: Summary): TemplateResult {
    if (!customElements.get("nattery-override-controls")) {
      return html`<div class="row" role="group" aria-label=${home.text("screen_override_label")}>
        ${ACTIONS.map(
          (action) =>
            html`<button @click=${() => void this.loadControls(action)}>
              ${actionMark(action)} ${actionName(home, action)}
            </button>`,
        )}
        ${
          one.overrides.length > 0
            ? html`<button @click=${() => void this.loadControls("plan")}>${home.text("screen_back_to_plan")}</button>`
            : nothing
        }
      </div>`;
    }
    return html`<nattery-override-controls
      .home=${home}
      .entry=${entry}
      .period=${this.span(one.start, one.end)}
      .overrides=${one.overrides}
      .now=${this.clock.now}
      .automatic=${plan.automatic}
      .first=${this.firstAction}
      @what-if=${(event: CustomEvent<WhatIfResult | undefined>) => {
        this.whatIf = event.detail ?? undefined;
      }}
      @override-set=${(event: CustomEvent<{ result: OverrideResult }>) => {
        void this.loadChanges(home, entry).then((changes) => {
          changes.done(event.detail.result);
        });
      }}
    ></nattery-override-controls>`;
  }

  private async loadControls(action: ActionKind | "plan"): Promise<void> {
    this.firstAction = action;
    await import("./override-controls");
    this.requestUpdate();
  }

  private nothingSetUp(home: Home, entry: SiteEntry | undefined): TemplateResult {
    const isAdministrator = home.user?.is_admin === true;
    const text: TextKey = !entry
      ? "screen_nothing_set_up"
      : entry.prices
        ? "screen_no_trading_set_up"
        : "screen_no_prices_set_up";
    return this.message(
      home.text(isAdministrator ? text : "screen_ask_administrator"),
      isAdministrator
        ? html`<a class="chip" href="/config/integrations/integration/nattery">${home.text("screen_set_up")}</a>`
        : nothing,
    );
  }

  private message(text: string, more: TemplateResult | typeof nothing = nothing): TemplateResult {
    return html`<ha-card
      ><div class="message">
        <p>${text}</p>
        ${more}
      </div></ha-card
    >`;
  }

  protected override skeleton(): TemplateResult {
    return html`<ha-card aria-busy="true"
      ><div class="skeleton"><i></i><i></i><i class="lane"></i><i class="ribbon"></i><i class="lane"></i></div
    ></ha-card>`;
  }

  // --- what is shown

  private get entry(): SiteEntry | undefined {
    const { site } = this.siteState;
    return site && entryOf(site, this.config.entry);
  }

  private get currentRange(): Range {
    const { day, range } = this.config;
    return (
      this.range ?? (day === undefined ? undefined : { day }) ?? range ?? (this.offsetWidth >= NARROW ? "all" : "24h")
    );
  }

  private currentSpan(home: Home) {
    const now = this.clock.now;
    const { start, end } = spanOf(this.currentRange, now, home.formats.zone, endOfPlan(this.plan.feed.value));
    return this.span(start, end);
  }

  private pinnedIn({ slots }: Timeline): Selection | undefined {
    if (!this.pinned) return undefined;
    const first = slots.findIndex((slot) => slot.end > (this.pinned?.start ?? 0));
    const last = slots.findLastIndex((slot) => slot.start < (this.pinned?.end ?? 0));
    return first >= 0 && first <= last ? { first, last } : undefined;
  }

  private showRange(range: Range): void {
    this.range = range;
    this.hovered = undefined;
    this.dispatchEvent(new CustomEvent<Range>("range-changed", { detail: range }));
  }

  private showDay(day: string): void {
    if (/^\d{4}-\d{2}-\d{2}$/.test(day)) this.showRange({ day });
  }

  private select(event: SelectionEvent, { slots }: Timeline): void {
    const { selection, isPinned } = event.detail;
    if (!isPinned) {
      if (!this.whatIf) this.hovered = selection;
      return;
    }
    this.hovered = undefined;
    const first: Slot | undefined = slots[selection?.first ?? -1];
    const last: Slot | undefined = slots[selection?.last ?? -1];
    this.pinned = first && last ? { start: first.start, end: last.end } : undefined;
    this.whatIf = undefined;
  }

  private readonly toggleTable = async (): Promise<void> => {
    this.table ??= (await import("./table")).planTable;
    this.isTable = !this.isTable;
  };

  private readonly toggleNumbers = (): void => {
    this.showsNumbers = !this.showsNumbers;
  };

  /** Return what changes overrides; its code comes with the first change. */
  private async loadChanges(home: Home, entry: SiteEntry): Promise<Changes> {
    const { Changes } = await import("./changes");
    return (this.changes ??= new Changes(this, home, entry.entry_id));
  }

  static override readonly styles = [colours, shapes, marks, cardStyles];
}

/** Return the lowest state of charge that the plan keeps, null where it is unknown. */
function reserveOf(entry: SiteEntry, plan: PlanPicture): number | null {
  const lowest = entry.limits?.soc_min ?? null;
  return plan.reserve === null ? lowest : Math.max(plan.reserve, lowest ?? 0);
}

if (!customElements.get("nattery-plan-card-view")) customElements.define("nattery-plan-card-view", PlanCard);
