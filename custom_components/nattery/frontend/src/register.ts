/** Registers everything that Home Assistant may ask for by name; the code of each comes when it is shown. */
import { defineLazily, type LazyElement } from "./lazy";

interface CustomCard {
  readonly type: string;
  readonly name: string;
  readonly description: string;
  readonly preview?: boolean;
  readonly documentationURL?: string;
}

declare global {
  interface Window {
    customCards?: CustomCard[];
  }
}

const DOCUMENTATION = "https://github.com/nattery/nattery/blob/main/docs/screen.md";

/** What Home Assistant sets and asks of every card. */
const CARD = {
  properties: ["hass", "layout", "preview"],
  methods: ["setConfig"],
  answers: { getCardSize: 8, getGridOptions: { columns: "full", min_columns: 6, rows: "auto" } },
  classMethods: ["getConfigElement", "getStubConfig"],
};

/** Every card: its element `nattery-<key>-card`, its code, and what the card picker shows. A new card is a row here. */
const CARDS: readonly (LazyElement & { readonly name: string; readonly description: string })[] = [
  {
    tag: "nattery-plan-card",
    name: "Nattery plan",
    description: "Prices, what the battery does and why, and what it earns",
    load: () => import("./cards/plan/plan-card"),
    ...CARD,
  },
];

/** Elements that are not cards: editors, strategies. */
const OTHERS: readonly LazyElement[] = [];

for (const element of [...CARDS, ...OTHERS]) defineLazily(element);

window.customCards ??= [];
for (const { tag, name, description } of CARDS) {
  window.customCards.push({ type: tag, name, description, preview: true, documentationURL: DOCUMENTATION });
}
if (location.pathname.startsWith("/nattery")) void import("./panel");
