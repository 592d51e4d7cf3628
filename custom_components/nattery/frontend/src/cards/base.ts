/** The base of the small cards: their entry, their title, and what they show while there is nothing to show. */
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import type { SiteEntry } from "../data/api";
import type { Home } from "../data/home";
import { entryOf } from "../data/site";
import type { TextKey } from "../i18n/words";
import { NatteryElement } from "../ui/element";

export interface CardConfig {
  readonly type?: string;
  /** The entry that is shown; found by itself without it. */
  readonly entry?: string;
  readonly title?: string;
}

export abstract class NatteryCard extends NatteryElement {
  @state() protected config: CardConfig = {};
  /** Whether the card shows nothing without battery trading. */
  protected readonly needsTrading: boolean = true;

  setConfig(config: CardConfig): void {
    this.config = config;
  }

  getCardSize(): number {
    return 5;
  }

  getGridOptions(): Record<string, unknown> {
    return { columns: 12, min_columns: 6, rows: "auto" };
  }

  static async getConfigElement(): Promise<HTMLElement> {
    await import("./editor");
    return document.createElement("nattery-card-editor");
  }

  static getStubConfig(): CardConfig {
    return {}; // the card finds its entry
  }

  /** Return the card of an entry that the user may see. */
  protected abstract content(home: Home, entry: SiteEntry): TemplateResult;

  protected get entry(): SiteEntry | undefined {
    const { site } = this.siteState;
    return site && entryOf(site, this.config.entry);
  }

  /** The entry if its data may be asked for. */
  protected get seenEntry(): SiteEntry | undefined {
    const { entry } = this;
    return entry?.may.see && (entry.trading || !this.needsTrading) ? entry : undefined;
  }

  protected override view(home: Home): TemplateResult {
    const { entry } = this;
    const { site, error } = this.siteState;
    if (!site) return error ? this.message(home.text("screen_failed")) : this.skeleton();
    if (entry && !entry.may.see) return this.message(home.text("screen_not_allowed"));
    if (!entry || (this.needsTrading && !entry.trading)) return this.nothingSetUp(home, entry);
    return this.content(home, entry);
  }

  protected heading(text: string): TemplateResult {
    return html`<h2 class="quiet">${this.config.title ?? text}</h2>`;
  }

  protected message(text: string, more: TemplateResult | typeof nothing = nothing): TemplateResult {
    return html`<ha-card>
      <div class="message">
        <p>${text}</p>
        ${more}
      </div>
    </ha-card>`;
  }

  protected override skeleton(): TemplateResult {
    return html`<ha-card aria-busy="true"
      ><div class="skeleton"><i></i><i class="lane"></i><i></i></div
    ></ha-card>`;
  }

  private nothingSetUp(home: Home, entry: SiteEntry | undefined): TemplateResult {
    if (home.user?.is_admin !== true) return this.message(home.text("screen_ask_administrator"));
    const text: TextKey = !entry
      ? "screen_nothing_set_up"
      : entry.prices
        ? "screen_no_trading_set_up"
        : "screen_no_prices_set_up";
    return this.message(
      home.text(text),
      html`<a class="chip" href="/config/integrations/integration/nattery">${home.text("screen_set_up")}</a>`,
    );
  }
}

export const smallCardStyles = css`
  :host {
    height: 100%;
  }
  ha-card {
    display: flex;
    flex-direction: column;
    gap: 12px;
    height: 100%;
    padding: 16px;
    background: var(--n-card);
    color: var(--n-ink);
  }
  ha-card > * {
    min-width: 0;
  }
  h2 {
    font-weight: 600;
  }
  .small {
    font-size: 13px;
  }
  .apart {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 16px;
    align-items: baseline;
    justify-content: space-between;
  }
  .lost {
    filter: grayscale(1);
    opacity: 0.75;
  }
  button.link {
    min-height: 40px;
    padding: 0 4px;
    border: 0;
    border-radius: 4px;
    color: var(--n-pay);
    text-decoration: underline;
  }
  .message {
    display: grid;
    flex: 1;
    gap: 16px;
    place-content: center;
    place-items: center;
    padding: 24px 8px;
    text-align: center;
  }
  .message .chip {
    display: inline-grid;
    place-items: center;
    text-decoration: none;
  }
  .skeleton {
    display: grid;
    gap: 12px;
  }
  .skeleton i {
    height: 22px;
    max-width: 60%;
    border-radius: 8px;
    background: color-mix(in srgb, var(--n-ink) 8%, transparent);
  }
  .skeleton .lane {
    height: 140px;
    max-width: none;
  }
`;
