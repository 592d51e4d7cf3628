/** Shows a page of the panel for the made-up house, without Home Assistant: ?page=inverter&health=bad&dark&narrow&... */
import "../../src/panel";
import type { Hass, HassLocale, PanelRoute } from "../../src/data/hass";
import type { LedgerQuery } from "../../src/data/ledger";
import type { BacktestStatus } from "../../src/data/api";
import { TEXTS } from "../english";
import { FakeConnection } from "../fake_connection";
import { House, type Scene } from "../house";
import { backtestOf, healthOf, ledgerRows, registersOf, type HealthScene } from "../pages_house";

class Card extends HTMLElement {
  connectedCallback(): void {
    this.style.border = "1px solid var(--divider-color)";
    this.style.borderRadius = "12px";
  }
}
customElements.define("ha-card", Card);

const query = new URLSearchParams(location.search);
const given = (name: string, otherwise: string): string => query.get(name) ?? otherwise;
const now = Date.parse(given("now", "2026-11-27T13:19:00Z"));
const house = new House({ now: new Date(now).toISOString(), scene: given("scene", "plain") as Scene });
const isDark = query.has("dark");
document.body.classList.toggle("dark", isDark);
Date.now = () => now;

let registers = registersOf(now);
let backtest = backtestOf(given("backtest", "done") as BacktestStatus["state"]);
const FIRST: Readonly<Record<string, () => unknown>> = {
  "nattery/plan/subscribe": () => house.plan,
  "nattery/prices/subscribe": () => house.prices,
  "nattery/registers/subscribe": () => registers,
  "nattery/health/subscribe": () => healthOf(now, given("health", "good") as HealthScene),
  "nattery/backtest/subscribe": () => backtest,
};

function send(type: string, event: unknown): void {
  for (const one of connection.open) if (one.message["type"] === type) one.send(event);
}

interface Call {
  readonly service: string;
  readonly service_data: { readonly symbol: string; readonly value: number | string } & LedgerQuery;
}

function callService({ service, service_data: data }: Call): unknown {
  if (service === "get_ledger") return { response: { rows: ledgerRows(data, now, house.zone) } };
  if (service === "sync_clock") return null;
  if (query.has("refuse")) {
    const key = "not_confirmed";
    throw { code: "x", message: "No.", translation_domain: "nattery", translation_key: key } as unknown as Error;
  }
  const old = registers.values[data.symbol];
  if (!old) throw new Error(`There is no register ${data.symbol}.`);
  const values = { [data.symbol]: { ...old, value: data.value, writes_today: old.writes_today + 1 } };
  registers = { ...registers, values: { ...registers.values, ...values } };
  send("nattery/registers/subscribe", { values, read_at: registers.read_at });
  return { response: { symbol: data.symbol, old: old.value, new: data.value, changed: old.value !== data.value } };
}

const connection = new FakeConnection({
  "frontend/get_translations": (message) => ({
    resources: Object.fromEntries(
      Object.entries(TEXTS)
        .filter(([path]) => path.startsWith(`${String(message["category"])}.`))
        .map(([path, text]) => [`component.nattery.${path}`, text]),
    ),
  }),
  "nattery/site": () => house.site,
  call_service: (message) => callService(message as unknown as Call),
  "nattery/backtest/start": (message) => {
    backtest = { ...backtestOf("running"), request: { capacity: Number(message["capacity"]) } };
    send("nattery/backtest/subscribe", backtest);
    return {};
  },
  "nattery/backtest/cancel": () => {
    send("nattery/backtest/subscribe", backtestOf("cancelled"));
    return {};
  },
});
const subscribe = connection.subscribeMessage.bind(connection);
connection.subscribeMessage = async (sendEvent, message) => {
  const end = await subscribe(sendEvent, message);
  const first = FIRST[String(message["type"])];
  if (first && !query.has("loading")) sendEvent(first());
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
  states: {},
  language: locale.language,
  locale,
  user: { id: "u", name: "User", is_admin: house.scene !== "viewer" },
  config: { time_zone: house.zone.name },
  themes: { darkMode: isDark },
  callService: () => Promise.resolve(),
};

const panel = document.createElement("nattery-panel") as HTMLElement & {
  narrow: boolean;
  route: PanelRoute;
  hass: Hass;
};
panel.narrow = query.has("narrow");
panel.route = { prefix: "/nattery", path: `/${given("page", "overview")}` };
panel.hass = hass;
document.body.append(panel);
