/** The dashboard `custom:nattery` and its views, which Home Assistant asks for when somebody opens them. */
import type { Site, SiteEntry } from "../data/api";
import type { Hass } from "../data/hass";
import { homeOf, type Home } from "../data/home";
import { entryOf } from "../data/site";
import { historyOf, inverterOf, overviewOf, viewsOf, type Text, type View, type ViewName } from "./model";

export interface StrategyConfig {
  readonly type: string;
  /** The entry that is shown; without it, a dashboard has all. */
  readonly entry?: string;
}

const TITLES = {
  overview: "screen_page_overview",
  history: "screen_page_history",
  inverter: "screen_inverter",
} as const;
const PLAN_CARD = "nattery-plan-card";

export class DashboardStrategy extends HTMLElement {
  static async generate({ entry: wanted }: StrategyConfig, hass: Hass): Promise<{ title: string; views: unknown[] }> {
    const [home, site] = await ready(hass);
    const chosen = wanted === undefined ? undefined : entryOf(site, wanted);
    const entries = chosen ? [chosen] : site.entries.filter((entry) => entry.may.see);
    const views = entries.flatMap((entry, index) =>
      viewsOf(entry).map((name) => ({
        title: titleOf(home, entry, name, entries.length > 1),
        path: index === 0 ? name : `${name}-${index + 1}`,
        strategy: { type: `custom:nattery-${name}`, entry: entry.entry_id },
      })),
    );
    if (views.length > 0) return { title: "Nattery", views };
    // The plan card tells that nothing is set up, and who can do it.
    return {
      title: "Nattery",
      views: [{ title: home.text(TITLES.overview), cards: [{ type: `custom:${PLAN_CARD}` }] }],
    };
  }
}

export class OverviewStrategy extends HTMLElement {
  static generate(config: StrategyConfig, hass: Hass): Promise<View | object> {
    return viewOf(config, hass, (entry, text) => overviewOf(entry, text, ownCards()));
  }
}

export class HistoryStrategy extends HTMLElement {
  static generate(config: StrategyConfig, hass: Hass): Promise<View | object> {
    return viewOf(config, hass, historyOf);
  }
}

export class InverterStrategy extends HTMLElement {
  static generate(config: StrategyConfig, hass: Hass): Promise<View | object> {
    return viewOf(config, hass, inverterOf);
  }
}

async function viewOf(
  { entry: wanted }: StrategyConfig,
  hass: Hass,
  make: (entry: SiteEntry, text: Text) => View,
): Promise<View | object> {
  const [home, site] = await ready(hass);
  const entry = entryOf(site, wanted);
  if (!entry) return { cards: [{ type: `custom:${PLAN_CARD}` }] };
  return make(entry, (key, values) => home.text(key, values));
}

/** Return the texts and what is set up; what cannot be had is thrown, which Home Assistant shows. */
async function ready(hass: Hass): Promise<readonly [Home, Site]> {
  const home = homeOf(hass);
  const [site] = await Promise.all([home.command<Site>({ type: "nattery/site" }), home.words.load("common")]);
  return [home, site];
}

function titleOf(home: Home, entry: SiteEntry, name: ViewName, isOneOfSeveral: boolean): string {
  const title = home.text(TITLES[name]);
  return isOneOfSeveral ? `${entry.title}: ${title}` : title;
}

/** Return the cards that are registered, the plan first. */
function ownCards(): string[] {
  return (window.customCards ?? []).map(({ type }) => type).filter((type) => type.startsWith("nattery-"));
}
