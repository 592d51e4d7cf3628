/** The chart of the plan: three lanes and a ribbon of actions on one time axis, with a selection over it. */
import {
  LitElement,
  html,
  nothing,
  svg,
  type PropertyDeclarations,
  type PropertyValues,
  type SVGTemplateResult,
  type TemplateResult,
} from "lit";
import type { WhatIfResult } from "../../data/api";
import type { Home } from "../../data/home";
import { subunitOf } from "../../i18n/formats";
import { actionName, actionSign } from "../../ui/actions";
import { colours } from "../../ui/styles";
import { chartStyles } from "./chart-styles";
import {
  batteryTicks,
  geometryOf,
  instantAt,
  memoised,
  placeOf,
  RIBBON_HEIGHT,
  socPath,
  type Geometry,
} from "./geometry";
import type { ChartInput } from "./chart-input";
import { nearestIndex, presentOf, type Selection, type Timeline } from "./model";

export type SelectionEvent = CustomEvent<{ readonly selection: Selection | undefined; readonly isPinned: boolean }>;

const LETTER_WIDTH = 7.3;

export class PlanChart extends LitElement {
  static override properties: PropertyDeclarations = {
    home: { attribute: false },
    timeline: { attribute: false },
    currency: { attribute: false },
    now: { attribute: false },
    socMinimum: { attribute: false },
    selection: { attribute: false },
    spoken: { attribute: false },
    whatIf: { attribute: false },
    dark: { type: Boolean, reflect: true },
    width: { state: true },
  };
  home!: Home;
  timeline!: Timeline;
  currency = "EUR";
  now = 0;
  socMinimum: number | null = null;
  /** What is chosen; the slot of now if nothing is. */
  selection: Selection | undefined;
  /** What stands in the details: read to whoever does not see the chart. */
  spoken = "";
  whatIf: WhatIfResult | undefined;
  dark = false;
  private width = 0;
  private input: ChartInput | undefined;
  private readonly observer = new ResizeObserver(([entry]) => {
    this.width = Math.round(entry?.contentRect.width ?? 0);
  });
  private readonly geometry = memoised(
    (timeline: Timeline, now: number, width: number, home: Home, currency: string, socMinimum: number | null) =>
      geometryOf({
        timeline,
        now,
        width,
        zone: home.formats.zone,
        perCurrency: subunitOf(currency).perCurrency,
        socMinimum,
        wordWidth: (action) => actionName(home, action).length * LETTER_WIDTH,
      }),
  );

  override connectedCallback(): void {
    super.connectedCallback();
    this.observer.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.observer.disconnect();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("home")) this.dark = this.home.isDark;
  }

  override render(): TemplateResult {
    const { home, timeline, currency, socMinimum } = this;
    if (this.width === 0) return html`<div class="space"></div>`;
    const now = Math.floor(this.now / 60_000) * 60_000;
    const g = this.geometry(timeline, now, this.width, home, currency, socMinimum);
    const chosen = this.selection ?? presentOf(timeline, this.now);
    const last = timeline.slots.length - 1;
    return html`<div
      class="frame"
      role="slider"
      tabindex="0"
      aria-label=${home.text("screen_chart_label")}
      aria-orientation="horizontal"
      aria-valuemin="0"
      aria-valuemax=${Math.max(0, last)}
      aria-valuenow=${Math.max(0, chosen?.last ?? 0)}
      aria-valuetext=${this.spoken}
      @focus=${this.handle}
      @keydown=${this.handle}
      @pointerenter=${this.handle}
      @pointerdown=${this.handle}
      @pointermove=${this.handle}
      @pointerup=${this.handle}
      @pointercancel=${this.handle}
      @pointerleave=${this.handle}
      @dblclick=${this.handle}
    >
      <svg class="plot" width=${g.width} height=${g.height} viewBox="0 0 ${g.width} ${g.height}" aria-hidden="true">
        ${this.picture(g)} ${this.marked(g, this.selection)} ${this.whatIfLine(g)} ${this.nowLine(g)}
      </svg>
    </div>`;
  }

  private picture(g: Geometry): SVGTemplateResult {
    const { home, currency } = this;
    const lanes = [g.prices, g.battery, g.power];
    return svg`
      <defs>
        <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <path class="hatch" d="M0 0V6"></path>
        </pattern>
        <pattern id="hold" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <path class="hold-hatch" d="M0 0V7"></path>
        </pattern>
        <pattern id="negative" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">
          <path class="negative-hatch" d="M0 0V6"></path>
        </pattern>
      </defs>
      ${g.bars
        .filter((bar) => bar.action === "charge" || bar.action === "discharge")
        .map((bar) =>
          lanes.map(
            (lane) =>
              svg`<rect class="tint ${bar.action}" x=${bar.x} y=${lane.top} width=${bar.width} height=${lane.bottom - lane.top}></rect>`,
          ),
        )}
      ${g.hours.map((hour) => svg`<path class="grid faint" d="M${hour.at} ${g.prices.top}V${g.power.bottom}"></path>`)}
      ${g.days.slice(1).map((day) => svg`<path class="grid day" d="M${day.x} 8V${g.power.bottom}"></path>`)}
      ${[...g.priceTicks, ...batteryTicks(g), ...g.powerTicks].map(
        (tick) => svg`<path class="grid" d="M${g.left} ${tick.at}H${g.right}"></path>`,
      )}
      ${g.priceTicks.map((tick) => this.label(g.left - 6, tick.at, home.formats.number(tick.value, 2)))}
      ${batteryTicks(g).map((tick) => this.label(g.left - 6, tick.at, home.formats.number(tick.value)))}
      ${g.powerTicks.map((tick) => this.label(g.left - 6, tick.at, home.formats.number(tick.value, 1)))}
      ${g.days
        .filter((day) => day.width >= 76)
        .map((day) => {
          const long = day.width >= 220;
          return svg`<text class="title" x=${day.x + 4} y="18">${home.formats.day(day.at, long)}</text>`;
        })}
      <text class="unit" x=${g.left - 6} y="18" text-anchor="end">${subunitOf(currency).unit}</text>
      <text class="title" x=${g.left + 4} y=${g.battery.top - 7}>${home.text("screen_battery")}</text>
      <text class="unit" x=${g.right} y=${g.battery.top - 7} text-anchor="end">%</text>
      <text class="title" x=${g.left + 4} y=${g.power.top - 7}>${home.text("screen_sun_and_house")}</text>
      <text class="unit" x=${g.right} y=${g.power.top - 7} text-anchor="end">kW</text>

      <path class="pay-area" d=${g.importArea}></path>
      <path class="negative" d=${g.negative}></path>
      <path class="zero" d="M${g.left} ${g.zero}H${g.right}"></path>
      <path class="line get" d=${g.exportLine}></path>
      <path class="line pay" d=${g.importLine}></path>

      ${g.bars.map((bar) => this.bar(g, bar))}

      ${g.socMinimum === null ? nothing : svg`<path class="minimum" d="M${g.left} ${g.socMinimum}H${g.right}"></path>`}
      <path class="line planned" d=${g.socPlanned}></path>
      <path class="line soc" d=${g.socLine}></path>

      <path class="sun-area" d=${g.pvArea}></path>
      <path class="line sun planned" d=${g.pvPlanned}></path>
      <path class="line house planned" d=${g.loadPlanned}></path>
      <path class="line sun" d=${g.pvLine}></path>
      <path class="line house" d=${g.loadLine}></path>
      ${g.hours
        .filter((hour) => hour.at > g.left + 10 && hour.at < g.right - 10)
        .filter((hour) => g.now === null || Math.abs(hour.at - g.now) > (home.formats.isTwelveHours ? 54 : 40))
        .map((hour) => this.label(hour.at, g.power.bottom + 14, home.formats.hour(hour.value), "middle"))}
      ${this.unknown(g)}`;
  }

  private label(x: number, y: number, text: string, anchor = "end"): SVGTemplateResult {
    return svg`<text class="tick" x=${x} y=${y + (anchor === "end" ? 4 : 0)} text-anchor=${anchor}>${text}</text>`;
  }

  private bar(g: Geometry, bar: Geometry["bars"][number]): SVGTemplateResult {
    const { action, label } = bar;
    const { top } = g.ribbon;
    const middle = top + RIBBON_HEIGHT / 2;
    const name = actionName(this.home, action);
    const isWord = label === "word";
    const signX = isWord ? bar.labelX + 9 : bar.labelX + bar.labelWidth / 2 - 5;
    const plate = isWord ? name.length * LETTER_WIDTH + 24 : 16;
    return svg`<g class="bar ${action} ${bar.isPast ? "past" : ""} ${bar.override ? "override" : ""}">
      <rect class="body" x=${bar.x + 0.5} y=${top} width=${Math.max(1, bar.width - 1)} height=${RIBBON_HEIGHT} rx="4"></rect>
      ${
        label === "none"
          ? nothing
          : svg`<rect class="plate" x=${signX - 3} y=${top + 4} rx="2" width=${plate} height=${RIBBON_HEIGHT - 8}></rect>
            ${actionSign(action, signX, middle - 5)}
            ${isWord ? svg`<text x=${signX + 15} y=${middle + 4}>${name}</text>` : nothing}`
      }
    </g>`;
  }

  private unknown(g: Geometry): SVGTemplateResult | typeof nothing {
    if (!g.unknown || g.unknown.width < 2) return nothing;
    const { x, width } = g.unknown;
    const middle = (g.prices.top + g.prices.bottom) / 2;
    const [first, second] = [this.home.text("screen_unknown"), this.home.text("screen_unknown_until")];
    const plate = Math.max(first.length, second.length) * 6.4 + 16;
    return svg`<rect class="unknown" x=${x} y=${g.prices.top} width=${width} height=${g.power.bottom - g.prices.top}></rect>
      ${
        width < plate
          ? nothing
          : svg`<rect class="plate" x=${x + width / 2 - plate / 2} y=${middle - 20} width=${plate} height="42" rx="4"></rect>
            <text class="title" x=${x + width / 2} y=${middle - 3} text-anchor="middle">${first}</text>
            <text class="tick" x=${x + width / 2} y=${middle + 13} text-anchor="middle">${second}</text>`
      }`;
  }

  private nowLine(g: Geometry): SVGTemplateResult | typeof nothing {
    if (g.now === null) return nothing;
    const text = this.home.formats.clock(this.now);
    const width = text.length * 7 + 14;
    const x = Math.min(g.right - width / 2, Math.max(g.left + width / 2 - 20, g.now));
    return svg`<path class="now" d="M${g.now} 26V${g.power.bottom}"></path>
      <rect class="pill" x=${x - width / 2} y=${g.power.bottom + 3} width=${width} height="18" rx="9"></rect>
      <text class="pill-text" x=${x} y=${g.power.bottom + 16} text-anchor="middle">${text}</text>`;
  }

  private marked(g: Geometry, chosen: Selection | undefined): SVGTemplateResult | typeof nothing {
    const first = this.timeline.slots[chosen?.first ?? -1];
    const last = this.timeline.slots[chosen?.last ?? -1];
    if (!first || !last) return nothing;
    const from = placeOf(g, first.start);
    const width = Math.max(2, placeOf(g, last.end) - from);
    const isSeveral = first !== last;
    return svg`<rect class="chosen" x=${from} y=${g.prices.top} width=${width} height=${g.power.bottom - g.prices.top}></rect>
      <rect class="chosen-frame ${isSeveral ? "several" : ""}" x=${from - 1} y=${g.ribbon.top - 3} width=${width + 2}
        height=${RIBBON_HEIGHT + 6} rx="5"></rect>`;
  }

  private whatIfLine(g: Geometry): SVGTemplateResult | typeof nothing {
    if (!this.whatIf) return nothing;
    return svg`<path class="line what-if" d=${socPath(g, this.whatIf.start, this.whatIf.soc)}></path>`;
  }

  /** Where a pointer is: the nearest slot, and whether on the ribbon. */
  placeAt(event: MouseEvent): { readonly index: number; readonly isOnRibbon: boolean } {
    const g = this.currentGeometry;
    const { left, top } = (this.renderRoot.querySelector(".plot") ?? this).getBoundingClientRect();
    const y = event.clientY - top;
    return {
      index: nearestIndex(this.timeline.slots, instantAt(g, event.clientX - left)),
      isOnRibbon: y >= g.ribbon.top - 8 && y <= g.ribbon.bottom + 8,
    };
  }

  /** Say what is chosen, or only looked at. */
  tell(selection: Selection | undefined, isPinned: boolean): void {
    this.dispatchEvent(new CustomEvent("selection-changed", { detail: { selection, isPinned } }));
  }

  private get currentGeometry(): Geometry {
    const now = Math.floor(this.now / 60_000) * 60_000;
    return this.geometry(this.timeline, now, this.width, this.home, this.currency, this.socMinimum);
  }

  /** Hand an event on; the code that understands it comes with the first one. */
  private readonly handle = (event: Event): void => {
    if (this.input) this.input.handle(event);
    else void this.load(event);
  };

  private async load(event: Event): Promise<void> {
    const { ChartInput } = await import("./chart-input");
    this.input ??= new ChartInput(this);
    this.input.handle(event);
  }

  static override readonly styles = [colours, chartStyles];
}

if (!customElements.get("nattery-plan-chart")) customElements.define("nattery-plan-chart", PlanChart);
