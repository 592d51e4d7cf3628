/** The base of every element of the screen that takes `hass`. */
import { LitElement, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from "lit";
import type { Hass } from "../data/hass";
import { homeOf, type Home } from "../data/home";
import { siteOf, type SiteState } from "../data/site";

/** Renders when something that it shows has changed, which a new `hass` alone does not say. */
export abstract class NatteryElement extends LitElement {
  static override properties: PropertyDeclarations = {
    dark: { type: Boolean, reflect: true },
  };
  dark = false;
  protected home: Home | undefined;
  private current: Hass | undefined;
  private endOf: (() => void)[] = [];

  set hass(hass: Hass | undefined) {
    if (!hass) return;
    this.current = hass;
    const home = homeOf(hass);
    this.hassChanged(hass);
    if (home === this.home) return;
    this.unfollow();
    this.home = home;
    this.dark = home.isDark;
    if (this.isConnected) this.followHome();
    this.requestUpdate();
  }

  get hass(): Hass | undefined {
    return this.current;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.followHome();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.unfollow();
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (this.home) this.prepare(this.home);
  }

  override render(): TemplateResult | typeof nothing {
    return this.home?.words.isReady ? this.view(this.home) : this.skeleton();
  }

  /** Return what the element shows. */
  protected abstract view(home: Home): TemplateResult | typeof nothing;

  /** Return what stands there until texts and data have come. */
  protected skeleton(): TemplateResult | typeof nothing {
    return nothing;
  }

  /** Say which data the element follows; called before every render. */
  protected prepare(_home: Home): void {
    // An element without data of its own has nothing to say.
  }

  /** Look at a new `hass`, for elements that show states. */
  protected hassChanged(_hass: Hass): void {
    // Most elements show none.
  }

  /** What is set up. */
  protected get siteState(): SiteState {
    return this.home ? siteOf(this.home.connection).state : { site: undefined, error: undefined };
  }

  private followHome(): void {
    if (!this.home || this.endOf.length > 0) return;
    const render = (): void => {
      this.requestUpdate();
    };
    this.endOf = [this.home.words.add(render), siteOf(this.home.connection).add(render)];
  }

  private unfollow(): void {
    for (const end of this.endOf) end();
    this.endOf = [];
  }
}

/** Tell Home Assistant something, as its own elements do. */
export function fire(element: EventTarget, name: string, detail: unknown = {}): void {
  element.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
}

/** Go to another page of Home Assistant without loading it anew. */
export function navigate(path: string, replace = false): void {
  if (replace) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  fire(window, "location-changed", { replace });
}

/** Hand a new `hass` on to elements below, which decide themselves whether they render. */
export function handOn(root: ParentNode, selector: string, hass: Hass): void {
  for (const element of root.querySelectorAll<HTMLElement & { hass?: Hass }>(selector)) {
    if ("hass" in element) element.hass = hass;
  }
}
