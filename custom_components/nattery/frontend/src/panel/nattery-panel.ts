/** The panel: a header, tabs (at the bottom on a phone), and the page that the address names. */
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";
import { html as staticHtml, unsafeStatic } from "lit/static-html.js";
import type { SiteEntry } from "../data/api";
import type { Hass, PanelRoute } from "../data/hass";
import type { Home } from "../data/home";
import { entryOf, siteOf } from "../data/site";
import { handOn, navigate, NatteryElement } from "../ui/element";
import { colours, shapes } from "../ui/styles";
import { pageAt, pagesFor, type Page } from "./pages";

const BASE = "/nattery";

export class NatteryPanel extends NatteryElement {
  @property({ attribute: false }) route: PanelRoute = { prefix: BASE, path: "" };
  @property({ type: Boolean, reflect: true }) narrow = false;
  @state() private failed = false;
  private readonly loaded = new Set<string>();

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("location-changed", this.addressChanged);
    window.addEventListener("popstate", this.addressChanged);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("location-changed", this.addressChanged);
    window.removeEventListener("popstate", this.addressChanged);
  }

  protected override hassChanged(hass: Hass): void {
    if (this.hasUpdated) handOn(this.renderRoot, "main > *", hass);
  }

  protected override view(home: Home): TemplateResult {
    const { site } = this.siteState;
    const query = new URLSearchParams(location.search);
    const entry = site && (entryOf(site, query.get("entry") ?? undefined) ?? entryOf(site, undefined));
    const pages = entry ? pagesFor(entry) : [];
    const page = pageAt(this.route.path, pages);
    return html`
      <header>
        <ha-menu-button .hass=${this.hass} .narrow=${this.narrow}></ha-menu-button>
        <h1>Nattery</h1>
        ${this.narrow ? nothing : this.tabs(home, pages, page)}
        ${site && entry && site.entries.length > 1 ? this.entries(home, site.entries, entry) : nothing}
      </header>
      <main>${entry && page ? this.page(home, page, entry, query) : this.empty(home)}</main>
      ${this.narrow ? this.tabs(home, pages, page) : nothing}
    `;
  }

  private tabs(home: Home, pages: readonly Page[], current: Page | undefined): TemplateResult | typeof nothing {
    if (pages.length < 2) return nothing;
    return html`<nav aria-label=${home.text("screen_pages")}>
      ${pages.map(
        (page) =>
          html`<a
            href=${`${BASE}/${page.path}${location.search}`}
            aria-current=${page === current ? "page" : "false"}
            @click=${this.go}
          >
            ${this.narrow ? html`<ha-icon .icon=${page.icon}></ha-icon>` : nothing}<span>${home.text(page.title)}</span>
          </a>`,
      )}
    </nav>`;
  }

  private entries(home: Home, entries: readonly SiteEntry[], current: SiteEntry): TemplateResult {
    return html`<select aria-label=${home.text("screen_inverter")} @change=${this.chooseEntry}>
      ${entries.map(
        ({ entry_id: id, title }) => html`<option value=${id} ?selected=${id === current.entry_id}>${title}</option>`,
      )}
    </select>`;
  }

  private page(home: Home, page: Page, entry: SiteEntry, query: URLSearchParams): TemplateResult | typeof nothing {
    if (!this.loaded.has(page.tag)) {
      if (!this.failed) void this.load(page);
      return this.failed ? html`<p class="message">${home.text("screen_failed_to_load")}</p>` : nothing;
    }
    const tag = unsafeStatic(page.tag);
    return html`${keyed(
      `${page.tag} ${entry.entry_id}`,
      staticHtml`<${tag} .hass=${this.hass} .entry=${entry} .query=${query} .narrow=${this.narrow}></${tag}>`,
    )}`;
  }

  private empty(home: Home): TemplateResult | typeof nothing {
    const { site, error } = this.siteState;
    if (!site) return error ? html`<p class="message">${home.text("screen_failed")}</p>` : nothing;
    if (home.user?.is_admin !== true) return html`<p class="message">${home.text("screen_ask_administrator")}</p>`;
    return html`<div class="message">
      <p>${home.text("screen_nothing_set_up")}</p>
      <a class="chip" href="/config/integrations/dashboard/add?domain=nattery">${home.text("screen_set_up")}</a>
    </div>`;
  }

  private async load(page: Page): Promise<void> {
    try {
      await page.load();
      this.loaded.add(page.tag);
    } catch {
      this.failed = true; // after an update the files of the old version may be gone
    }
    this.requestUpdate();
  }

  private readonly go = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    navigate((event.currentTarget as HTMLAnchorElement).getAttribute("href") ?? BASE);
  };

  private readonly chooseEntry = (event: Event): void => {
    const query = new URLSearchParams(location.search);
    query.set("entry", (event.currentTarget as HTMLSelectElement).value);
    navigate(`${location.pathname}?${query.toString()}`);
  };

  private readonly addressChanged = (): void => {
    if (this.home) void siteOf(this.home.connection).refresh();
    this.requestUpdate();
  };

  static override readonly styles = [
    colours,
    shapes,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 100vh;
        min-height: 100dvh;
        background: var(--primary-background-color, light-dark(#f5f7f9, #111));
        --safe-bottom: var(--safe-area-inset-bottom, env(safe-area-inset-bottom, 0px));
      }
      header {
        position: sticky;
        top: 0;
        z-index: 2;
        display: flex;
        align-items: center;
        min-height: var(--header-height, 56px);
        padding: var(--safe-area-inset-top, env(safe-area-inset-top, 0px)) 8px 0;
        color: var(--app-header-text-color, var(--n-ink));
        background: var(--app-header-background-color, var(--n-card));
        border-bottom: var(--app-header-border-bottom, 1px solid var(--n-line));
      }
      h1 {
        margin: 0 16px 0 8px;
        font-size: 20px;
        font-weight: 400;
      }
      select {
        margin-inline-start: auto;
        min-height: 40px;
        max-width: 45%;
        font: inherit;
        color: inherit;
        background: var(--n-card);
        border: 1px solid var(--n-line);
        border-radius: 8px;
      }
      nav {
        display: flex;
        align-self: stretch;
        overflow-x: auto;
      }
      nav a {
        display: flex;
        align-items: center;
        min-height: 48px;
        padding: 0 14px;
        color: inherit;
        text-decoration: none;
        border-bottom: 3px solid transparent;
      }
      nav a[aria-current="page"] {
        font-weight: 600;
        border-color: var(--n-focus);
      }
      :host([narrow]) nav {
        position: sticky;
        bottom: 0;
        z-index: 2;
        background: var(--n-card);
        border-top: 1px solid var(--n-line);
        padding-bottom: var(--safe-bottom);
      }
      :host([narrow]) nav a {
        flex: 1 0 64px;
        flex-direction: column;
        justify-content: center;
        min-height: 56px;
        padding: 4px;
        font-size: 12px;
        border: 0;
      }
      :host([narrow]) nav a[aria-current="page"] {
        color: var(--n-pay);
      }
      main {
        flex: 1;
        width: 100%;
        max-width: 1600px;
        margin: 0 auto;
        padding: 16px;
      }
      :host([narrow]) main {
        padding: 8px;
      }
      .message {
        max-width: 480px;
        margin: 48px auto;
        padding: 0 16px;
        text-align: center;
      }
      .message .chip {
        display: inline-grid;
        place-items: center;
        margin-top: 16px;
        text-decoration: none;
      }
    `,
  ];
}

if (!customElements.get("nattery-panel")) customElements.define("nattery-panel", NatteryPanel);
