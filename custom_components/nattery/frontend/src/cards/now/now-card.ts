/** The now card: where power comes from and where it goes. */
import { html, nothing, svg, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import type { SiteEntry } from "../../data/api";
import { ClockController, ConnectionController } from "../../data/controllers";
import type { Hass } from "../../data/hass";
import type { Home } from "../../data/home";
import { entityIdOf, kilowattsOf, numberOf, stateOf } from "../../data/states";
import type { TextKey } from "../../i18n/words";
import { fire } from "../../ui/element";
import { colours, shapes } from "../../ui/styles";
import { NatteryCard, smallCardStyles } from "../base";
import { BAR, pictureOf, type PlacedNode } from "./geometry";
import { flowOf, type Flow, type Node, type Part, type Readings } from "./model";
import { flowStyles } from "./styles";

const KEYS: Readonly<Record<keyof Readings, string>> = {
  sun: "pv_power",
  house: "load_power",
  grid: "grid_power",
  battery: "battery_power",
  soc: "battery_soc",
};
const WATCHED = [...Object.values(KEYS), "import_price", "export_price"];
const NAMES: Readonly<Record<Part, TextKey>> = {
  sun: "screen_sun",
  house: "screen_house",
  grid: "screen_grid",
  battery: "screen_battery",
};
const SUPPLIERS: Readonly<Record<Part, TextKey>> = {
  sun: "screen_supplier_sun",
  battery: "screen_supplier_battery",
  grid: "screen_supplier_grid",
  house: "screen_house",
};
const NARROW = 268; // px of content: below a card of 300

export default class NowCard extends NatteryCard {
  @state() private width = 0;
  protected override readonly needsTrading = false;
  private readonly clock = new ClockController(this);
  private readonly connection = new ConnectionController(this);
  private seen: readonly unknown[] = [];
  private last: Readings | undefined;
  private readonly sizes = new ResizeObserver(([size]) => {
    if (size) this.width = Math.round(size.contentRect.width);
  });

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
  }

  protected override hassChanged(hass: Hass): void {
    const { entry } = this;
    if (!entry) return;
    const states = WATCHED.map((key) => stateOf(hass, entry, "sensor", key));
    if (states.some((one, index) => one !== this.seen[index])) this.requestUpdate();
    this.seen = states;
  }

  protected override prepare(home: Home): void {
    this.connection.use(home.connection);
  }

  protected override updated(): void {
    const flow = this.renderRoot.querySelector(".flow");
    if (flow) this.sizes.observe(flow);
  }

  protected override content(home: Home, entry: SiteEntry): TemplateResult {
    const present = this.readings(entry);
    const isSilent = present.house === null && present.grid === null && present.battery === null;
    if (!isSilent) this.last = present;
    const shown = (isSilent ? this.last : undefined) ?? present;
    const flow = flowOf(shown);
    const { lostAt } = this.connection;
    return html`<ha-card>
      ${this.heading(home.text("screen_now"))}
      ${lostAt === undefined ? nothing : this.strip(home.text("screen_as_of", { time: home.formats.clock(lostAt) }))}
      ${isSilent && lostAt === undefined ? this.strip(this.silence(home, entry)) : nothing}
      <div class=${isSilent || lostAt !== undefined ? "body old" : "body"}>
        ${this.verdict(home, flow)}
        <div class="flow">${this.width > 0 ? this.flow(home, entry, flow, shown) : nothing}</div>
      </div>
      ${this.prices(home, entry)}
    </ha-card>`;
  }

  private flow(home: Home, entry: SiteEntry, flow: Flow, readings: Readings): TemplateResult {
    return this.width < NARROW ? this.balance(home, flow, readings) : this.diagram(home, entry, flow, readings);
  }

  private readings(entry: SiteEntry): Readings {
    const power = (key: string): number | null => kilowattsOf(stateOf(this.hass, entry, "sensor", key));
    const percent = numberOf(stateOf(this.hass, entry, "sensor", KEYS.soc));
    return {
      sun: power(KEYS.sun),
      house: power(KEYS.house),
      grid: power(KEYS.grid),
      battery: power(KEYS.battery),
      soc: percent === null ? null : percent / 100,
    };
  }

  private strip(text: string): TemplateResult {
    return html`<div class="strip warn" role="status"><p>${text}</p></div>`;
  }

  private silence(home: Home, entry: SiteEntry): string {
    const since = Date.parse(stateOf(this.hass, entry, "sensor", KEYS.house)?.last_changed ?? "");
    if (Number.isNaN(since)) return home.text("screen_inverter_silent");
    const ago = home.formats.ago(Math.max(0, (this.clock.now - since) / 1000));
    return home.text("screen_inverter_silent_since", { ago });
  }

  private verdict(home: Home, { suppliers }: Flow): TemplateResult | typeof nothing {
    if (suppliers.length === 0) return nothing;
    const sources = home.formats.list(suppliers.map((part) => home.text(SUPPLIERS[part])));
    return html`<p>${home.text("screen_house_runs_on", { sources })}</p>`;
  }

  private diagram(home: Home, entry: SiteEntry, flow: Flow, readings: Readings): TemplateResult {
    const words = Math.min(150, Math.max(92, Math.round(this.width * 0.34)));
    const picture = pictureOf(flow, this.width, words);
    const label = (one: PlacedNode): TemplateResult => {
      const id = entityIdOf(entry, "sensor", KEYS[one.part]);
      return html`<button
        class="node ${one.isSource ? "source" : "sink"} ${one.kw ? "" : "idle"}"
        style="top:${one.middle}px;width:${words - 6}px"
        ?disabled=${id === undefined}
        @click=${() => {
          fire(this, "hass-more-info", { entityId: id });
        }}
      >
        <strong>${home.text(NAMES[one.part])}</strong> ${this.soc(home, one, readings)}<br /><span class="value"
          >${powerText(home, one)}</span
        >
      </button>`;
    };
    return html`<p class="apart quiet small" aria-hidden="true">
        <span>${home.text("screen_comes_from")}</span><span>${home.text("screen_goes_to")}</span>
      </p>
      <div class="diagram" style="height:${picture.height}px">
        <svg viewBox="0 0 ${picture.width} ${picture.height}" height=${picture.height} aria-hidden="true">
          ${picture.ribbons.map((one) => svg`<path class="ribbon ${one.from} source" d=${one.path}></path>`)}
          ${picture.nodes.map(
            (one) =>
              svg`<rect class="bar ${one.part} ${one.isSource ? "source" : "sink"}"
                x=${one.isSource ? picture.left : picture.right} y=${one.y} width=${BAR} height=${one.height}></rect>`,
          )}
        </svg>
        ${picture.nodes.map(label)}
      </div>
      <p class="hidden">${this.spoken(home, flow)}</p>`;
  }

  /** Two bars of the same power: what comes in above, what it is used for below. */
  private balance(home: Home, flow: Flow, readings: Readings): TemplateResult {
    const bar = (nodes: readonly Node[], side: "source" | "sink", title: TextKey): TemplateResult => html`
      <div>
        <p class="quiet small">${home.text(title)}</p>
        <div class="balance" aria-hidden="true">
          ${nodes
            .filter(({ kw }) => kw)
            .map(({ part, kw }) => html`<i class="bar ${part} ${side}" style="flex-grow:${kw ?? 0}"></i>`)}
        </div>
        ${nodes.map(
          (one) =>
            html`<p class="apart ${one.kw ? "" : "idle"}">
              <span
                ><i class="dot bar ${one.part} ${side}"></i> ${home.text(NAMES[one.part])}
                ${this.soc(home, one, readings)}</span
              ><span class="value">${powerText(home, one)}</span>
            </p>`,
        )}
      </div>
    `;
    return html`${bar(flow.from, "source", "screen_comes_from")}${bar(flow.to, "sink", "screen_goes_to")}`;
  }

  private soc(home: Home, { part }: Node, { soc }: Readings): TemplateResult | typeof nothing {
    if (part !== "battery" || soc === null) return nothing;
    return html`<span class="value">${home.formats.percent(soc)}</span>`;
  }

  private spoken(home: Home, { ribbons }: Flow): string {
    return ribbons
      .map(({ from, to, kw }) =>
        home.text("screen_flow_from_to", {
          from: home.text(NAMES[from]),
          to: home.text(NAMES[to]),
          power: home.formats.power(kw),
        }),
      )
      .join(" ");
  }

  private prices(home: Home, entry: SiteEntry): TemplateResult | typeof nothing {
    const currency = entry.currency ?? "EUR";
    const price = (key: string, text: TextKey, kind: string): TemplateResult | typeof nothing => {
      const amount = numberOf(stateOf(this.hass, entry, "sensor", key));
      if (amount === null) return nothing;
      return html`<span
        ><i class="line ${kind}"></i>${home.text(text)} <b>${home.formats.price(amount, currency)}</b></span
      >`;
    };
    const [pay, get] = [
      price("import_price", "screen_legend_pay", "pay"),
      price("export_price", "screen_legend_get", "get"),
    ];
    if (pay === nothing && get === nothing) return nothing;
    return html`<p class="prices number">${pay} ${get}</p>`;
  }

  static override readonly styles = [colours, shapes, smallCardStyles, flowStyles];
}

function powerText(home: Home, { part, kw }: Node): string {
  if (kw === null) return "–";
  if (kw === 0) return home.text(part === "battery" ? "screen_battery_rests" : "screen_grid_nothing");
  return home.formats.power(kw);
}

if (!customElements.get("nattery-now-card-view")) customElements.define("nattery-now-card-view", NowCard);
