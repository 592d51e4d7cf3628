// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Site, SiteEntry } from "../src/data/api";
import type { Hass, HassLocale } from "../src/data/hass";
import { homeOf, type Home } from "../src/data/home";
import { entryOf, siteOf } from "../src/data/site";
import { fill, Words } from "../src/i18n/words";
import { TEXTS } from "./english";
import { FakeConnection } from "./fake_connection";

const LOCALE: HassLocale = { language: "en", number_format: "language", time_format: "24", date_format: "YMD" };

function translations(message: Record<string, unknown>): { resources: Record<string, string> } {
  const category = String(message["category"]);
  const own = Object.entries(TEXTS).filter(([path]) => path.startsWith(`${category}.`));
  return { resources: Object.fromEntries(own.map(([path, text]) => [`component.nattery.${path}`, text])) };
}

const refuse = (error: object) => () => {
  throw error as Error;
};

function hassOf(connection: FakeConnection, change: Partial<Hass> = {}): Hass {
  return {
    connection: connection.asConnection(),
    states: {},
    language: "en",
    locale: LOCALE,
    user: { id: "u", name: "User", is_admin: false },
    config: { time_zone: "Europe/Berlin" },
    callService: () => Promise.resolve(),
    ...change,
  };
}

async function ready(home: Home): Promise<Home> {
  await home.words.load("common");
  return home;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the home of a hass object", () => {
  it("stays the same until something changes that is shown", () => {
    const connection = new FakeConnection();
    const home = homeOf(hassOf(connection));
    expect(homeOf(hassOf(connection, { states: {} }))).toBe(home);
    const dark = homeOf(hassOf(connection, { themes: { darkMode: true } }));
    expect(dark).not.toBe(home);
    expect(dark.isDark).toBe(true);
    expect(homeOf(hassOf(connection))).toBe(home);
    expect(homeOf(hassOf(new FakeConnection()))).not.toBe(home);
  });

  it("uses the zone of the house, wherever the browser is", () => {
    const connection = new FakeConnection();
    expect(homeOf(hassOf(connection)).formats.zone.name).toBe("Europe/Berlin");
    const local = homeOf(hassOf(connection, { locale: { ...LOCALE, time_zone: "local" } }));
    expect(local.formats.zone.name).toBe("Europe/Berlin");
  });

  it("says money in words", async () => {
    const home = await ready(homeOf(hassOf(new FakeConnection({ "frontend/get_translations": translations }))));
    expect(home.cost(0.57, "EUR")).toBe("costs €0.57");
    expect(home.cost(-0.64, "EUR")).toBe("earns €0.64");
    expect(home.saving(1.83, "EUR")).toBe("saves €1.83");
    expect(home.saving(-0.2, "EUR")).toBe("loses €0.20");
    expect(home.sentence({ key: "plan_full", values: {} }, "EUR", 0)).toContain("The battery is full");
  });

  it("sends commands, and has a sentence for every error", async () => {
    const connection = new FakeConnection({
      "frontend/get_translations": translations,
      good: () => 42,
      bad: refuse({ code: "not_found", message: "no" }),
    });
    const home = await ready(homeOf(hassOf(connection)));
    expect(await home.command({ type: "good" })).toBe(42);
    await expect(home.command({ type: "bad" })).rejects.toMatchObject({ code: "not_found" });
    const translated = { code: "not_found", message: "", translation_domain: "nattery", translation_key: "no_trading" };
    expect(await home.errorText({ ...translated, translation_placeholders: { entry: "Home" } })).toContain("Home");
    expect(await home.errorText(translated)).toContain("{entry}");
    expect(await home.errorText({ code: "disconnected", message: "3" })).toContain("no connection");
    expect(await home.errorText({ code: "unauthorized", message: "" })).toContain("not allowed");
    expect(await home.errorText({ code: "home_assistant_error", message: "Unauthorized" })).toContain("not allowed");
    expect(await home.errorText({ code: "x", message: "Why." })).toBe("Why.");
    expect(await home.errorText({ code: "x", message: "" })).toContain("went wrong");
  });
});

describe("texts", () => {
  it("are asked for again when they did not come", async () => {
    let fails = true;
    const connection = new FakeConnection({
      "frontend/get_translations": (message) => (fails ? refuse({ code: "x" })() : translations(message)),
    });
    const words = new Words(connection.asConnection(), "en");
    const changed = vi.fn();
    const end = words.add(changed);
    await vi.advanceTimersByTimeAsync(10);
    expect(words.isReady).toBe(false);
    expect(words.text("screen_failed")).toBe("screen_failed");
    fails = false;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(words.isReady).toBe(true);
    expect(words.text("screen_failed")).toBe(TEXTS["common.screen_failed"]);
    expect(changed).toHaveBeenCalledTimes(2);

    expect(words.find("entity.select.strategy.name")).toBeUndefined();
    await vi.advanceTimersByTimeAsync(10);
    expect(words.find("entity.select.strategy.name")).toBe("Strategy");
    expect(words.find("nonsense.path")).toBeUndefined();
    end();
  });

  it("keep a placeholder without a value", () => {
    expect(fill("{a} and {b}", { a: 1 })).toBe("1 and {b}");
  });
});

function entry(id: string, trading: boolean, see = true): SiteEntry {
  return {
    entry_id: id,
    title: id,
    state: "loaded",
    prices: true,
    trading,
    currency: "EUR",
    may: { see, steer: false, registers: false },
    entities: {},
    limits: null,
    strategies: [],
  };
}

describe("what is set up", () => {
  const SITE: Site = { api: 1, version: "1", time_zone: "UTC", entries: [entry("a", false), entry("b", true)] };

  it("finds the entry that is meant", () => {
    expect(entryOf(SITE, undefined)?.entry_id).toBe("b");
    expect(entryOf(SITE, "")?.entry_id).toBe("b");
    expect(entryOf(SITE, "a")?.entry_id).toBe("a");
    expect(entryOf(SITE, "gone")).toBeUndefined();
    expect(entryOf({ ...SITE, entries: [entry("a", false)] }, undefined)?.entry_id).toBe("a");
    expect(entryOf({ ...SITE, entries: [entry("a", true, false)] }, undefined)?.entry_id).toBe("a");
    expect(entryOf({ ...SITE, entries: [] }, undefined)).toBeUndefined();
  });

  it("is read once for all, and again from time to time, on return and after a reconnect", async () => {
    let answer: () => unknown = () => SITE;
    const connection = new FakeConnection({ "nattery/site": () => answer() });
    const store = siteOf(connection.asConnection());
    expect(siteOf(connection.asConnection())).toBe(store);
    const changed = vi.fn();
    const ends = [store.add(changed), store.add(() => undefined)];
    await vi.advanceTimersByTimeAsync(1);
    expect(connection.sent).toHaveLength(1);
    expect(store.state.site).toEqual(SITE);

    answer = refuse({ code: "disconnected", message: "" });
    await vi.advanceTimersByTimeAsync(30_000);
    expect(store.state).toMatchObject({ site: SITE, error: { code: "disconnected" } });
    answer = () => ({ ...SITE, entries: [] });
    connection.emit("ready");
    await vi.advanceTimersByTimeAsync(1);
    expect(store.state).toMatchObject({ site: { entries: [] }, error: undefined });
    expect(changed).toHaveBeenCalledTimes(3);

    vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(connection.sent).toHaveLength(3);
    ends.forEach((end) => {
      end();
    });
    vi.restoreAllMocks();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(connection.sent).toHaveLength(3);
  });
});
