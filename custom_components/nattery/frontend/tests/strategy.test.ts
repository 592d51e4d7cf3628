// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import type { Site, SiteEntry } from "../src/data/api";
import type { Hass } from "../src/data/hass";
import { DashboardStrategy, HistoryStrategy, InverterStrategy, OverviewStrategy } from "../src/strategy/strategy";
import { historyOf, inverterOf, overviewOf, viewsOf, type Text, type View } from "../src/strategy/model";
import "../src/register";
import { TEXTS } from "./english";
import { FakeConnection } from "./fake_connection";
import { House } from "./house";

const ENTITIES = {
  battery_soc: "sensor.soc",
  planned_soc: "sensor.planned_soc",
  pv_power: "sensor.pv",
  connected: "binary_sensor.connection",
  import_price: "sensor.import",
  savings_today: "sensor.saved",
  planning_savings_today: "sensor.planned",
  max_charge_current: "number.current",
  automation: "switch.automation",
  timed_charge: "switch.timed",
};
const text: Text = (key) => TEXTS[`common.${key}`] ?? key;

function entryWith(change: Partial<SiteEntry> = {}): SiteEntry {
  return { ...new House().entry, entities: ENTITIES, ...change };
}

function hassOf(site: Site): Hass {
  const connection = new FakeConnection({
    "nattery/site": () => site,
    "frontend/get_translations": () => ({
      resources: Object.fromEntries(Object.entries(TEXTS).map(([path, one]) => [`component.nattery.${path}`, one])),
    }),
  });
  return {
    connection: connection.asConnection(),
    states: {},
    language: "en",
    locale: { language: "en", number_format: "language", time_format: "24", date_format: "language" },
    config: { time_zone: "Europe/Berlin" },
    callService: () => Promise.resolve(),
  };
}

const siteOf = (...entries: SiteEntry[]): Site => ({ api: 1, version: "1", time_zone: "Europe/Berlin", entries });

/** Return the ids of all entities in a view. */
function entitiesIn(view: View): string[] {
  const found = JSON.stringify(view).matchAll(/"(?:entity":|entities":\[)"([^"]+)"/g);
  return [...new Set([...found].map(([, id]) => id ?? ""))];
}

describe("the views", () => {
  it("have what is set up, and no heading without a card", () => {
    const entry = entryWith();
    expect(viewsOf(entry)).toEqual(["overview", "history", "inverter"]);
    const overview = overviewOf(entry, text, ["nattery-plan-card", "nattery-now-card"]);
    expect(overview.sections).toHaveLength(3);
    expect(overview.sections[0]?.cards[0]).toMatchObject({ type: "custom:nattery-plan-card", entry: "house" });
    expect(overview.badges).toHaveLength(1);
    const history = historyOf(entry, text);
    expect(history.sections).toHaveLength(3);
    expect(entitiesIn(history)).toContain("sensor.saved");

    const bare = entryWith({ entities: { import_price: "sensor.import" } });
    expect(viewsOf(bare)).toEqual(["overview"]);
    expect(historyOf(bare, text).sections).toEqual([]);
    expect(inverterOf(bare, text).sections).toEqual([]);
    expect(overviewOf(bare, text, []).sections).toHaveLength(1);
  });

  it("give settings to whoever may change them only", () => {
    const settings = ["number.current", "switch.automation", "switch.timed"];
    const see = { see: true, steer: false, registers: false };
    const viewer = entitiesIn(inverterOf(entryWith({ may: see }), text));
    expect(viewer.filter((id) => settings.includes(id))).toEqual([]);
    expect(viewer).toContain("sensor.pv");
    for (const may of [
      { ...see, steer: true },
      { ...see, registers: true },
    ]) {
      expect(entitiesIn(inverterOf(entryWith({ may }), text))).toEqual(expect.arrayContaining(settings));
    }
  });
});

describe("the strategy", () => {
  it("makes a view of each kind for every entry that the user may see", async () => {
    const other = entryWith({ entry_id: "other", title: '<img src=x onerror="alert(1)">' });
    const unseen = entryWith({ entry_id: "unseen", may: { see: false, steer: false, registers: false } });
    const hass = hassOf(siteOf(entryWith(), other, unseen));
    const all = await DashboardStrategy.generate({ type: "custom:nattery" }, hass);
    const views = all.views as { path: string; title: string; strategy: { type: string; entry: string } }[];
    expect(views.map(({ path }) => path)).toEqual([
      "overview",
      "history",
      "inverter",
      "overview-2",
      "history-2",
      "inverter-2",
    ]);
    expect(views[3]?.title).toContain("<img");
    expect(views[4]?.strategy).toEqual({ type: "custom:nattery-history", entry: "other" });
    const one = await DashboardStrategy.generate({ type: "custom:nattery", entry: "house" }, hass);
    expect((one.views as { title: string }[]).map(({ title }) => title)).toEqual(["Overview", "History", "Inverter"]);
    for (const [strategy, cards] of [
      [OverviewStrategy, 2],
      [HistoryStrategy, 3],
      [InverterStrategy, 4],
    ] as const) {
      const view = (await strategy.generate({ type: "", entry: "house" }, hass)) as View;
      expect(view.sections.length).toBeGreaterThanOrEqual(cards);
    }
  });

  it("shows what to do where nothing is set up, and for an entry that was deleted", async () => {
    const empty = hassOf(siteOf());
    const dashboard = await DashboardStrategy.generate({ type: "custom:nattery" }, empty);
    expect(dashboard.views).toEqual([{ title: "Overview", cards: [{ type: "custom:nattery-plan-card" }] }]);
    const gone = { cards: [{ type: "custom:nattery-plan-card" }] };
    expect(await OverviewStrategy.generate({ type: "", entry: "gone" }, hassOf(siteOf(entryWith())))).toEqual(gone);
    expect((await DashboardStrategy.generate({ type: "", entry: "gone" }, empty)).views).toHaveLength(1);
  });

  it("stands in the dialog for a new dashboard and makes the dashboard when asked", async () => {
    expect(window.customStrategies).toEqual([
      expect.objectContaining({ type: "nattery", strategyType: "dashboard", name: "Nattery" }),
    ]);
    const shell = customElements.get("ll-strategy-dashboard-nattery") as unknown as typeof DashboardStrategy;
    const made = await shell.generate({ type: "custom:nattery" }, hassOf(siteOf(entryWith())));
    expect(made.title).toBe("Nattery");
  });
});
