/** Registers everything that Home Assistant may ask for by name; the code of each comes when it is shown. */
import { defineLazily, type LazyElement } from "./lazy";
import { suggestionFor, type SuggestingHass, type Suggestion } from "./suggest";

interface CustomCard {
  readonly type: string;
  readonly name: string;
  readonly description: string;
  readonly preview?: boolean;
  readonly documentationURL?: string;
  readonly getEntitySuggestion?: (hass: SuggestingHass, entityId: string) => Suggestion | null;
}

interface CustomStrategy {
  readonly type: string;
  readonly strategyType: "dashboard" | "view";
  readonly name: string;
  readonly description: string;
  readonly documentationURL: string;
}

declare global {
  interface Window {
    customCards?: CustomCard[];
    customStrategies?: CustomStrategy[];
  }
}

const DOCUMENTATION = "https://github.com/nattery/nattery/blob/main/docs/screen.md";

interface Card extends LazyElement {
  readonly name: string;
  readonly description: string;
  /** Keys of the entities for which Home Assistant may suggest the card. */
  readonly suits: readonly string[];
}

/** What Home Assistant sets and asks of every card. */
const CARD = {
  properties: ["hass", "layout", "preview"],
  methods: ["setConfig"],
  answers: { getCardSize: 8, getGridOptions: { columns: "full", min_columns: 6, rows: "auto" } },
  classMethods: ["getConfigElement", "getStubConfig"],
};

const SMALL_CARD = {
  ...CARD,
  answers: { getCardSize: 5, getGridOptions: { columns: 12, min_columns: 6, rows: "auto" } },
};

/** Every card: its element `nattery-<key>-card`, its code, and what the card picker shows. A new card is a row here. */
const CARDS: readonly Card[] = [
  {
    tag: "nattery-plan-card",
    name: "Nattery plan",
    description: "Prices, what the battery does and why, and what it earns",
    load: () => import("./cards/plan/plan-card"),
    suits: ["battery_action", "planned_soc", "expected_saving_today", "import_price"],
    ...CARD,
  },
  {
    ...SMALL_CARD,
    tag: "nattery-now-card",
    name: "Nattery now",
    description: "Where power comes from and where it goes now, and both prices",
    load: () => import("./cards/now/now-card"),
    suits: ["pv_power", "load_power", "grid_power", "battery_power", "battery_soc"],
  },
  {
    ...SMALL_CARD,
    tag: "nattery-savings-card",
    name: "Nattery savings",
    description: "What the battery has saved this month, and what planning adds to it",
    load: () => import("./cards/savings/savings-card"),
    suits: ["savings_today", "savings_month", "savings_total", "planning_savings_month"],
  },
  {
    ...SMALL_CARD,
    tag: "nattery-control-card",
    name: "Nattery control",
    description: "What the battery should do, until when, and what that costs",
    load: () => import("./cards/control/control-card"),
    suits: ["wanted_action", "automation", "strategy", "reserve"],
  },
];

/** Elements that are not cards: editors, strategies. */
const OTHERS: readonly LazyElement[] = [
  strategy("ll-strategy-dashboard-nattery", "DashboardStrategy"),
  strategy("ll-strategy-view-nattery-overview", "OverviewStrategy"),
  strategy("ll-strategy-view-nattery-history", "HistoryStrategy"),
  strategy("ll-strategy-view-nattery-inverter", "InverterStrategy"),
];

function strategy(tag: string, name: keyof typeof import("./strategy/strategy")): LazyElement {
  const load = async () => ({ default: (await import("./strategy/strategy"))[name] });
  return { tag, load, properties: [], classMethods: ["generate"] };
}

for (const element of [...CARDS, ...OTHERS]) defineLazily(element);

window.customCards ??= [];
for (const { tag, name, description, suits } of CARDS) {
  window.customCards.push({
    type: tag,
    name,
    description,
    preview: true,
    documentationURL: DOCUMENTATION,
    getEntitySuggestion: (hass, entityId) => suggestionFor(hass, entityId, tag, suits),
  });
}

// What the dialog for a new dashboard shows.
window.customStrategies ??= [];
window.customStrategies.push({
  type: "nattery",
  strategyType: "dashboard",
  name: "Nattery",
  description: "The battery's plan, what it earns, and the inverter: made from what is set up",
  documentationURL: DOCUMENTATION,
});
if (location.pathname.startsWith("/nattery")) void import("./panel");
