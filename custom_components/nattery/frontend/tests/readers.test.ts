// @vitest-environment happy-dom
import type { ReactiveControllerHost } from "lit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SiteEntry, WhatIfResult } from "../src/data/api";
import type { Hass } from "../src/data/hass";
import { Home } from "../src/data/home";
import { LedgerController, readLedger, type LedgerQuery } from "../src/data/ledger";
import { entityIdOf, kilowattsOf, numberOf, stateOf, userName } from "../src/data/states";
import { verdictOf, verdictText, WhatIfController } from "../src/data/what_if";
import { Formats } from "../src/i18n/formats";
import { suggestionFor } from "../src/suggest";
import { englishWords } from "./english";
import { FakeConnection } from "./fake_connection";
import { House } from "./house";
import { ENTITIES, statesOf } from "./made_up_home";

const QUERY: LedgerQuery = { period: "day", start: "2026-11-01", end: "2026-11-27" };
const refuse = (): never => {
  throw { code: "home_assistant_error", message: "The ledger fails." } as unknown as Error;
};

function hostOf() {
  const requestUpdate = vi.fn<() => void>();
  const host: ReactiveControllerHost = {
    addController: () => undefined,
    removeController: () => undefined,
    requestUpdate,
    updateComplete: Promise.resolve(true),
  };
  return { host, requestUpdate };
}

function homeOf(connection: FakeConnection): Home {
  const locale = { language: "en", number_format: "language", time_format: "24", date_format: "language" } as const;
  return new Home(connection.asConnection(), englishWords(), new Formats(locale, "Europe/Berlin"), undefined, false);
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("reports of the ledger", () => {
  it("are read once for all that ask, and again when there may be news", async () => {
    const connection = new FakeConnection({ call_service: () => ({ response: { rows: [1] } }) });
    const read = (stamp: string) => readLedger(connection.asConnection(), "house", QUERY, stamp);
    expect(await read("1")).toEqual([1]);
    await read("1");
    expect(connection.sent).toHaveLength(1);
    expect(connection.sent[0]).toMatchObject({
      service: "get_ledger",
      service_data: { config_entry_id: "house", period: "day" },
      return_response: true,
    });
    await read("2");
    expect(connection.sent).toHaveLength(2);
    for (let day = 0; day < 40; day++) {
      await readLedger(connection.asConnection(), "house", { ...QUERY, start: String(day) }, "1");
    }
    await read("2"); // others have taken its place
    expect(connection.sent).toHaveLength(43);
  });

  it("come to the element, and so does an error, which is forgotten with the next reading", async () => {
    let answer: () => unknown = () => ({ response: { rows: [1] } });
    const connection = new FakeConnection({ call_service: () => answer() });
    const { host, requestUpdate } = hostOf();
    const ledger = new LedgerController(host);
    const use = async (stamp: string, id: string | undefined = "house") => {
      ledger.use(connection.asConnection(), id, QUERY, stamp);
      await vi.advanceTimersByTimeAsync(1);
    };
    await use("0", undefined);
    ledger.use(connection.asConnection(), undefined, QUERY, "0");
    await use("1");
    await use("1");
    expect(ledger.rows).toEqual([1]);
    expect(requestUpdate).toHaveBeenCalledTimes(2);
    answer = refuse;
    await use("2");
    expect(ledger).toMatchObject({ rows: [1], error: { code: "home_assistant_error" } });
    answer = () => ({ response: { rows: [2] } });
    ledger.hostConnected();
    await use("2");
    expect(ledger).toMatchObject({ rows: [2], error: undefined });
  });

  it("that come too late are dropped", async () => {
    const answers: ((value: unknown) => void)[] = [];
    const connection = new FakeConnection({ call_service: () => new Promise((resolve) => answers.push(resolve)) });
    const ledger = new LedgerController(hostOf().host);
    ledger.use(connection.asConnection(), "house", QUERY, "1");
    await vi.advanceTimersByTimeAsync(1);
    ledger.use(connection.asConnection(), "house", QUERY, "2");
    await vi.advanceTimersByTimeAsync(1);
    answers[1]?.({ response: { rows: ["new"] } });
    await vi.advanceTimersByTimeAsync(1);
    answers[0]?.({ response: { rows: ["old"] } });
    await vi.advanceTimersByTimeAsync(1);
    expect(ledger.rows).toEqual(["new"]);
  });
});

describe("what a change would cost", () => {
  const house = new House();
  const answerOf = (difference: number | null, until: string | null = "2026-11-27T23:00:00Z"): WhatIfResult => ({
    ...house.whatIf("hold"),
    difference,
    until,
  });

  it("is asked when the change has stood for a moment, and only the last one counts", async () => {
    const connection = new FakeConnection({ "nattery/what_if": () => answerOf(0.34) });
    const home = homeOf(connection);
    const whatIf = new WhatIfController(hostOf().host);
    whatIf.ask(home, "house", { reserve: 0.3 });
    whatIf.ask(home, "house", { reserve: 0.4 });
    whatIf.ask(home, "house", { reserve: 0.4 });
    await vi.advanceTimersByTimeAsync(300);
    expect(connection.sent).toEqual([{ type: "nattery/what_if", entry_id: "house", reserve: 0.4 }]);
    expect(whatIf.answer?.difference).toBe(0.34);
    whatIf.stop();
    expect(whatIf.answer).toBeUndefined();
    whatIf.ask(home, "house", { reserve: 0.5 });
    whatIf.hostDisconnected();
    await vi.advanceTimersByTimeAsync(300);
    expect(connection.sent).toHaveLength(1);
  });

  it("may be an error, and may come too late", async () => {
    const answers: ((value: unknown) => void)[] = [];
    const connection = new FakeConnection({
      "nattery/what_if": (message) =>
        message["reserve"] === 1 ? refuse() : new Promise((resolve) => answers.push(resolve)),
    });
    const whatIf = new WhatIfController(hostOf().host);
    whatIf.ask(homeOf(connection), "house", { reserve: 1 });
    await vi.advanceTimersByTimeAsync(300);
    await vi.dynamicImportSettled(); // the sentences of errors
    expect(whatIf.error).toBe("The ledger fails.");
    whatIf.ask(homeOf(connection), "house", { reserve: 0.5 });
    await vi.advanceTimersByTimeAsync(300);
    whatIf.stop();
    answers[0]?.(answerOf(1));
    await vi.advanceTimersByTimeAsync(1);
    expect(whatIf.answer).toBeUndefined();
  });

  it("is said in words", () => {
    const home = homeOf(new FakeConnection());
    const text = (answer: WhatIfResult | undefined) => verdictText(home, answer, house.now);
    expect(text(answerOf(0.34))).toBe("costs €0.34 more today");
    expect(text(answerOf(-0.2, "2026-11-28T23:00:00Z"))).toBe("saves €0.20 more by Sun 00:00");
    expect(text(answerOf(0.001))).toBe("costs nothing");
    expect(text(answerOf(null))).toBe("what it costs is not known");
    expect(text(undefined)).toMatch(/…$/);
    expect(verdictOf(answerOf(1, null), house.now, house.zone).until).toBeUndefined();
  });
});

describe("states", () => {
  const house = new House();
  const entry: SiteEntry = { ...house.entry, entities: { ...ENTITIES, "switch.automation": "switch.a" } };
  const hass = { states: statesOf(house), user: { id: "me", name: "Me", is_admin: false } } as unknown as Hass;
  const state = (text: string, unit?: string) =>
    ({ ...hass.states["sensor.home_pv_power"], state: text, attributes: { unit_of_measurement: unit } }) as never;

  it("are found by platform and key", () => {
    expect(entityIdOf(entry, "switch", "automation")).toBe("switch.a");
    expect(entityIdOf(entry, "number", "reserve")).toBe("number.home_reserve");
    expect(stateOf(hass, entry, "sensor", "pv_power")?.state).toBe("2600");
    expect(stateOf(hass, entry, "sensor", "nothing")).toBeUndefined();
    expect(stateOf(undefined, entry, "sensor", "pv_power")).toBeUndefined();
  });

  it("are numbers, or unknown", () => {
    expect(numberOf(state("1.5"))).toBe(1.5);
    for (const text of ["unavailable", "unknown", "", " ", "Infinity", "NaN"]) expect(numberOf(state(text))).toBeNull();
    expect(numberOf(undefined)).toBeNull();
  });

  it("are powers in any unit", () => {
    expect(kilowattsOf(state("1500", "W"))).toBe(1.5);
    expect(kilowattsOf(state("1.5", "kW"))).toBe(1.5);
    expect(kilowattsOf(state("1500"))).toBe(1.5);
    expect(kilowattsOf(state("1500", "parsecs"))).toBe(1.5);
    expect(kilowattsOf(undefined)).toBeNull();
  });

  it("name users", () => {
    expect(userName(hass, "me")).toBe("Me");
    expect(userName(hass, "anna")).toBe("Anna");
    expect(userName(hass, "nobody")).toBeUndefined();
    expect(userName(undefined, "me")).toBeUndefined();
  });
});

describe("a card for an entity", () => {
  const hass = {
    entities: {
      "sensor.pv": { platform: "nattery", translation_key: "pv_power", device_id: "inverter" },
      "sensor.lone": { platform: "nattery", translation_key: "pv_power" },
      "sensor.other": { platform: "mqtt", translation_key: "pv_power" },
    },
    devices: { inverter: { primary_config_entry: "house" } },
  };

  it("is suggested where it shows that entity", () => {
    const suggest = (id: string, suits = ["pv_power"]) => suggestionFor(hass, id, "nattery-now-card", suits);
    expect(suggest("sensor.pv")).toEqual({ config: { type: "custom:nattery-now-card", entry: "house" } });
    expect(suggest("sensor.lone")).toEqual({ config: { type: "custom:nattery-now-card" } });
    expect(suggest("sensor.other")).toBeNull();
    expect(suggest("sensor.pv", ["strategy"])).toBeNull();
    expect(suggest("sensor.gone")).toBeNull();
    expect(suggestionFor({}, "sensor.pv", "x", [])).toBeNull();
  });
});
