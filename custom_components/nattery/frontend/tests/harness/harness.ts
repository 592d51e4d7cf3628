/** Shows an element of the screen from the made-up house, without Home Assistant: for pictures and browser tests.
 *
 * The address says what: ?element=nattery-plan-card&scene=override&dark&language=en&time=12&zone=Europe/Berlin&now=...
 * Further parameters are the element's configuration. `window.calls` has every command that was sent.
 */
import type { ActionKind, SiteEntry } from "../../src/data/api";
import type { Hass, HassLocale } from "../../src/data/hass";
import "../../src/register";
import { TEXTS } from "../english";
import { FakeConnection } from "../fake_connection";
import { House, type Scene } from "../house";
import { daysOf, ENTITIES, healthOf, monthsOf, statesOf } from "../made_up_home";
import "../../src/panel/pages/control";
import "../../src/panel/pages/overview";

declare global {
  interface Window {
    calls: Record<string, unknown>[];
    connection: FakeConnection;
    house: House;
  }
}

class Card extends HTMLElement {
  connectedCallback(): void {
    this.style.cssText =
      "background:var(--card-background-color);border:1px solid var(--divider-color);border-radius:12px";
  }
}
customElements.define("ha-card", Card);

const query = new URLSearchParams(location.search);
const given = (name: string, otherwise: string): string => query.get(name) ?? otherwise;
const now = given("now", "2026-11-27T13:19:00Z");
const house = new House({ zone: given("zone", "Europe/Berlin"), now, scene: given("scene", "plain") as Scene });
const isDark = query.has("dark");
document.body.classList.toggle("dark", isDark);
Date.now = () => Date.parse(now);

const strategies = ["optimise", "arbitrage", "peak_shaving", "self_consumption", "manual"];
const withEntities = (entry: SiteEntry): SiteEntry => ({ ...entry, entities: ENTITIES, strategies });

const connection = new FakeConnection({
  "frontend/get_translations": (message) => ({
    resources: Object.fromEntries(
      Object.entries(TEXTS)
        .filter(([path]) => path.startsWith(`${String(message["category"])}.`))
        .map(([path, text]) => [`component.nattery.${path}`, text]),
    ),
  }),
  "nattery/site": () => ({ ...house.site, entries: house.site.entries.map(withEntities) }),
  call_service: (message) => {
    const data = message["service_data"] as { period?: string } | undefined;
    const rows = data?.period === "month" ? monthsOf(house) : daysOf(house, query.has("partial") ? 0.9 : 1);
    return { response: message["service"] === "get_ledger" ? { rows } : { id: "new" } };
  },
  "nattery/day": (message) => house.day(String(message["day"])),
  "nattery/what_if": (message) => {
    const [override] = (message["overrides"] ?? []) as { action: ActionKind }[];
    return house.whatIf(override?.action ?? "self_consume");
  },
  "nattery/override": () => ({ set: [], cleared: 1, undo: { clear: ["new"] } }),
  "nattery/resume": () => null,
});
window.connection = connection;
window.house = house;
window.calls = connection.sent;
const subscribe = connection.subscribeMessage.bind(connection);
connection.subscribeMessage = async (send, message) => {
  const end = await subscribe(send, message);
  if (message["type"] === "nattery/plan/subscribe" && !query.has("loading")) send(house.plan);
  if (message["type"] === "nattery/prices/subscribe") send(house.prices);
  if (message["type"] === "nattery/health/subscribe") send(healthOf(given("health", house.scene)));
  return end;
};

const locale: HassLocale = {
  language: given("language", "en"),
  number_format: "language",
  time_format: given("time", "24") as "12" | "24",
  date_format: "language",
};
const hass: Hass = {
  connection: connection.asConnection(),
  states: statesOf(house, given("moment", "noon"), house.scene === "silent"),
  language: locale.language,
  locale,
  user: { id: "u", name: "User", is_admin: house.scene !== "viewer" },
  config: { time_zone: house.zone.name },
  themes: { darkMode: isDark },
  callService: () => Promise.resolve(),
};

const element = document.createElement(given("element", "nattery-plan-card")) as HTMLElement & {
  hass: Hass;
  setConfig?: (config: Record<string, string>) => void;
};
if (element.localName.endsWith("-page")) {
  const [entry] = house.site.entries;
  Object.assign(element, { entry: entry && withEntities(entry), query, narrow: innerWidth < 600 });
}
element.setConfig?.(Object.fromEntries(query));
element.hass = hass;
document.querySelector("main")?.append(element);
