// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SiteEntry } from "../src/data/api";
import type { Hass } from "../src/data/hass";
import type { LedgerQuery } from "../src/data/ledger";
import type { NatteryPage } from "../src/panel/page";
import { pagesFor } from "../src/panel/pages";
import "../src/panel/pages/health";
import "../src/panel/pages/inverter";
import "../src/panel/pages/savings";
import { TEXTS } from "./english";
import { FakeConnection } from "./fake_connection";
import { House } from "./house";
import { backtestOf, healthOf, ledgerRows, registersOf } from "./pages_house";

const house = new House();
const { now, zone } = house;

class NoSizes {
  constructor(private readonly callback: (sizes: { contentRect: { width: number } }[]) => void) {}
  observe(): void {
    this.callback([{ contentRect: { width: 400 } }]);
  }
  disconnect(): void {
    // Nothing is observed.
  }
}

interface Call {
  readonly service: string;
  readonly service_data: { readonly symbol: string; readonly value: unknown; readonly confirm: boolean };
}

let written: Call["service_data"][] = [];
let refusal: object | undefined;

function answer({ service, service_data: data }: Call): unknown {
  if (service === "get_ledger") {
    return { response: { rows: ledgerRows(data as unknown as LedgerQuery, now, zone) } };
  }
  if (refusal) throw refusal as Error;
  written.push(data);
  return { response: { symbol: data.symbol, old: 60, new: data.value, changed: true } };
}

const connection = new FakeConnection({
  "frontend/get_translations": (message) => {
    const own = Object.entries(TEXTS).filter(([path]) => path.startsWith(`${String(message["category"])}.`));
    return { resources: Object.fromEntries(own.map(([path, text]) => [`component.nattery.${path}`, text])) };
  },
  "nattery/site": () => house.site,
  "nattery/backtest/start": () => ({}),
  "nattery/backtest/cancel": () => ({}),
  call_service: (message) => answer(message as unknown as Call),
});

function hass(isAdministrator = true): Hass {
  return {
    connection: connection.asConnection(),
    states: {},
    language: "en",
    locale: { language: "en", number_format: "language", time_format: "24", date_format: "language" },
    user: { id: "u", name: "User", is_admin: isAdministrator },
    config: { time_zone: "Europe/Berlin" },
    callService: () => Promise.resolve(),
  };
}

const settle = async (): Promise<void> => {
  await vi.advanceTimersByTimeAsync(20);
  await vi.dynamicImportSettled(); // the sentences of errors
};

async function shown(name: string, entry: SiteEntry = house.entry, isAdministrator = true): Promise<HTMLElement> {
  const page = document.createElement(`nattery-${name}-page`) as HTMLElement & Pick<NatteryPage, "entry" | "hass">;
  page.entry = entry;
  page.hass = hass(isAdministrator);
  document.body.append(page);
  await settle();
  return page;
}

async function send(type: string, event: unknown): Promise<void> {
  for (const one of connection.open) if (one.message["type"] === type) one.send(event);
  await settle();
}

/** Return the text of an element, of its shadow too. */
function textOf(element: Element | ShadowRoot | null | undefined): string {
  const parts = [...(element?.childNodes ?? [])].map((node) => {
    if (node instanceof Element) return node.localName === "style" ? "" : ` ${textOf(node)}`;
    return node.nodeType === Node.TEXT_NODE ? (node.textContent ?? "") : "";
  });
  const shadow = element instanceof Element && element.shadowRoot ? textOf(element.shadowRoot) : "";
  return [...parts, shadow].join("").replaceAll(/\s+/g, " ");
}

function within(element: Element, tag: string): Element {
  const found = element.shadowRoot?.querySelector(tag);
  if (!found) throw new Error(`There is no ${tag}.`);
  return found;
}

function button(element: Element, name: string): HTMLElement | undefined {
  const all = [...(element.shadowRoot?.querySelectorAll("button") ?? [])];
  return all.find((one) => (one.getAttribute("aria-label") ?? one.textContent).trim() === name);
}

async function enter(element: Element, tag: string, value: string, index = 0): Promise<void> {
  const field = element.shadowRoot?.querySelectorAll<HTMLInputElement>(tag)[index];
  if (!field) throw new Error(`There is no ${tag}.`);
  field.value = value;
  field.dispatchEvent(new Event(tag === "select" ? "change" : "input"));
  await settle();
}

async function submit(element: Element): Promise<void> {
  within(element, "form").dispatchEvent(new Event("submit", { cancelable: true }));
  await settle();
}

async function openEdit(page: Element, name: string): Promise<Element> {
  button(page, name)?.click();
  await settle();
  return within(page, "nattery-register-edit");
}

beforeEach(() => {
  vi.useFakeTimers({ now });
  vi.stubGlobal("ResizeObserver", NoSizes);
  written = [];
  refusal = undefined;
});
afterEach(async () => {
  document.body.replaceChildren();
  await vi.advanceTimersByTimeAsync(10_000);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the inverter's page", () => {
  const DRY = { ...house.plan, automatic: false };

  it("shows live values, and changes of them", async () => {
    const page = await shown("inverter");
    expect(textOf(page)).not.toContain("Battery voltage");
    await send("nattery/registers/subscribe", registersOf(now));
    expect(textOf(page)).toContain("Battery voltage BattVolt 52.3\u00a0V".replaceAll("\u00a0", " "));
    expect(textOf(page)).toContain("▲ the last reading failed · read 15 minutes ago");
    expect(textOf(page)).toContain("Written 3 of 100 times today.");
    const { read_at, values } = registersOf(now);
    const voltage = { ...values["BattVolt"], value: 53.1 };
    await send("nattery/registers/subscribe", { read_at, values: { BattVolt: voltage } });
    expect(textOf(page)).toContain("53.1 V");
    expect(textOf(page)).toContain("Grid frequency");
  });

  it("finds registers", async () => {
    const page = await shown("inverter");
    await send("nattery/registers/subscribe", registersOf(now));
    await enter(page, "input", "float");
    expect(textOf(page)).toContain("FloatVolt");
    expect(textOf(page)).not.toContain("BattVolt");
    await enter(page, "input", "nonsense");
    expect(textOf(page)).toContain("Nothing has such a name.");
  });

  it("writes a value within its bounds, and says what was read back", async () => {
    const page = await shown("inverter");
    await send("nattery/registers/subscribe", registersOf(now));
    const edit = await openEdit(page, "Change Charge current limit");
    await submit(edit);
    await enter(edit, "input", "400");
    expect(textOf(edit)).toContain("From 0 A to 300 A.");
    await submit(edit);
    expect(written).toEqual([]);
    await enter(edit, "input", "80");
    expect(textOf(edit)).toContain("60 A → becomes 80 A");
    await submit(edit);
    expect(written).toMatchObject([{ symbol: "MaxChgCurrSet", value: 80, confirm: false, config_entry_id: "house" }]);
    expect(textOf(edit)).toContain("Written and read back: 60 A → 80 A.");
    button(edit, "Close")?.click();
    await settle();
    expect(page.shadowRoot?.querySelector("nattery-register-edit")).toBeNull();
  });

  it("writes a risky setting only when its symbol was typed", async () => {
    const page = await shown("inverter");
    await send("nattery/registers/subscribe", registersOf(now));
    const edit = await openEdit(page, "Change Battery type");
    await enter(edit, "select", "3");
    expect(button(edit, "Write")).toBeUndefined();
    await submit(edit);
    await enter(edit, "input", "battype");
    await submit(edit);
    expect(written).toEqual([]);
    await enter(edit, "input", "BatType");
    await submit(edit);
    expect(written).toMatchObject([{ symbol: "BatType", value: 3, confirm: true }]);
  });

  it("asks before a command, and shows a refusal next to the button", async () => {
    const page = await shown("inverter");
    await send("nattery/registers/subscribe", registersOf(now));
    const edit = await openEdit(page, "Send AlarmClearCtrl");
    await enter(edit, "select", "1");
    await submit(edit);
    expect(textOf(edit)).toContain("The inverter does this at once. Send it?");
    expect(written).toEqual([]);
    refusal = {
      code: "home_assistant_error",
      message: "",
      translation_domain: "nattery",
      translation_key: "no_trading",
    };
    await submit(edit);
    expect(edit.shadowRoot?.querySelector('[role="alert"]')?.textContent).toContain("{entry}");
    refusal = undefined;
    await submit(edit);
    await submit(edit);
    expect(textOf(edit)).toContain("The command was sent");
  });

  it("asks before a setting is written that is worn, and can be left", async () => {
    const page = await shown("inverter");
    await send("nattery/registers/subscribe", registersOf(now));
    const edit = await openEdit(page, "Change Buzzer");
    await enter(edit, "select", "0");
    await submit(edit);
    expect(textOf(edit)).toContain("already written 100 times");
    button(edit, "Cancel")?.click();
    await settle();
    expect(written).toEqual([]);
  });

  it("sets the clock", async () => {
    const page = await shown("inverter");
    await send("nattery/registers/subscribe", registersOf(now));
    const edit = await openEdit(page, "Change PresentTime");
    button(edit, "Set the clock")?.click();
    await settle();
    expect(textOf(edit)).toContain("The clock is set.");
  });

  it("offers nothing that trading sets", async () => {
    const page = await shown("inverter");
    await send("nattery/registers/subscribe", registersOf(now));
    expect(button(page, "Change Output priority")).toBeDefined();
    await send("nattery/plan/subscribe", house.plan);
    expect(button(page, "Change Output priority")).toBeUndefined();
    const windows = within(page, "nattery-windows");
    expect(button(windows, "Change Charge 1")).toBeUndefined();
    expect(textOf(windows)).toContain("Trading sets these times");
  });

  it("changes a window", async () => {
    const page = await shown("inverter");
    await send("nattery/registers/subscribe", registersOf(now));
    await send("nattery/plan/subscribe", DRY);
    const windows = within(page, "nattery-windows");
    expect(within(windows, "svg").getAttribute("aria-label")).toContain("Charge 1: 02:30 to 05:00");
    button(windows, "Change Charge 1")?.click();
    await settle();
    await submit(windows);
    await enter(windows, "input", "13:00", 0);
    await enter(windows, "input", "15:00", 1);
    expect(textOf(windows)).toContain("02:30 to 05:00 → becomes 13:00 to 15:00");
    refusal = { code: "home_assistant_error", message: "It failed." };
    await submit(windows);
    expect(textOf(windows)).toContain("It failed.");
    refusal = undefined;
    await submit(windows);
    expect(written.map(({ symbol, value }) => [symbol, value])).toEqual([
      ["ChargeEndTime1", "15:00"],
      ["ChargeStartTime1", "13:00"],
    ]);
    expect(textOf(windows)).toContain("Written and read back");
    button(windows, "Change Charge 2")?.click();
    await settle();
    button(windows, "Do not use it")?.click();
    await settle();
    expect(textOf(windows)).toContain("not used");
    button(windows, "Cancel")?.click();
    await settle();
    expect(windows.shadowRoot?.querySelector("form")).toBeNull();
  });

  it("says that the entry does not run", async () => {
    const page = await shown("inverter");
    await send("nattery/registers/subscribe", null);
    expect(textOf(page)).toContain("Cellar is not running");
  });
});

describe("the page of health", () => {
  it("has a sentence for each part, and numbers", async () => {
    const page = await shown("health");
    await send("nattery/health/subscribe", healthOf(now));
    await send("nattery/plan/subscribe", house.plan);
    expect(textOf(page)).toContain("All is well.");
    expect(textOf(page)).toContain("Time to answer 68 ms");
    expect(textOf(page)).toContain("not published yet");
  });

  it("links repairs for administrators only", async () => {
    const page = await shown("health");
    await send("nattery/health/subscribe", healthOf(now, "bad"));
    await settle();
    expect(textOf(page)).toContain("Cellar has not responded for five minutes");
    expect(page.shadowRoot?.querySelector('a[href="/config/repairs"]')).not.toBeNull();
    const may = { see: true, steer: false, registers: false };
    const viewer = await shown("health", { ...house.entry, may }, false);
    await send("nattery/health/subscribe", { ...healthOf(now, "viewer"), issues: healthOf(now, "bad").issues });
    expect(viewer.shadowRoot?.querySelector('a[href="/config/repairs"]')).toBeNull();
    expect(viewer.shadowRoot?.querySelector("details")).toBeNull();
    await send("nattery/health/subscribe", null);
    expect(textOf(viewer)).toContain("is not running");
  });
});

describe("the page of savings", () => {
  it("shows months and days, and opens the plan of a day", async () => {
    const page = await shown("savings");
    await send("nattery/plan/subscribe", house.plan);
    await send("nattery/health/subscribe", healthOf(now));
    await settle();
    expect(textOf(page)).toContain("Saved in November 2026");
    expect(textOf(page)).toContain("of it by planning");
    expect(textOf(page)).toContain("Over the last 14 days, the sun forecast was 17% off a day");
    const [days, months] = page.shadowRoot?.querySelectorAll("nattery-saving-bars") ?? [];
    const press = async (bars: Element | undefined, key: string): Promise<void> => {
      bars?.shadowRoot?.querySelector("svg")?.dispatchEvent(new KeyboardEvent("keydown", { key }));
      await settle();
    };
    await press(days, "Home");
    await press(days, "ArrowRight");
    expect(textOf(page)).toContain("Mon 2 Nov: saved");
    await press(days, "Enter");
    expect(location.search).toBe("?day=2026-11-02");
    expect(location.pathname).toBe("/nattery/plan");
    await press(months, "ArrowLeft");
    expect(textOf(page)).toContain("Saved in October 2026");
    await press(days, "Tab");
    button(page, "Show as table")?.click();
    await settle();
    expect(page.shadowRoot?.querySelectorAll("tbody tr")).toHaveLength(31);
  });

  it("chooses a day with a finger, and opens it with the next touch", async () => {
    const page = await shown("savings");
    const [days] = page.shadowRoot?.querySelectorAll("nattery-saving-bars") ?? [];
    const chart = days?.shadowRoot?.querySelector("svg");
    const opened = vi.fn();
    days?.addEventListener("bar-opened", opened);
    const touch = async (): Promise<void> => {
      chart?.dispatchEvent(new PointerEvent("pointerdown", { clientX: 50, pointerType: "touch" }));
      await settle();
    };
    await touch();
    expect(textOf(page)).toContain("Sun 1 Nov: saved");
    expect(opened).not.toHaveBeenCalled();
    await touch();
    expect(opened).toHaveBeenCalledOnce();
  });

  it("runs a backtest, and tells its result", async () => {
    const page = await shown("savings");
    const part = within(page, "nattery-backtest");
    await send("nattery/backtest/subscribe", backtestOf("idle"));
    await enter(part, "input", "0");
    expect(textOf(part)).toContain("From 0.1 to 1,000.");
    expect(button(part, "Calculate")).toBeUndefined();
    await submit(part);
    await enter(part, "input", "15");
    await enter(part, "select", "7");
    await submit(part);
    expect(connection.sent.at(-1)).toMatchObject({ type: "nattery/backtest/start", entry_id: "house", capacity: 15 });
    expect(connection.sent.at(-1)).toHaveProperty("start");
    await send("nattery/backtest/subscribe", backtestOf("running"));
    expect(textOf(part)).toContain("42% · 12 s left");
    button(part, "Cancel")?.click();
    await settle();
    expect(connection.sent.at(-1)).toMatchObject({ type: "nattery/backtest/cancel" });
    await send("nattery/backtest/subscribe", backtestOf("cancelled"));
    expect(textOf(part)).toContain("was cancelled");
    await send("nattery/backtest/subscribe", backtestOf("done"));
    expect(textOf(part)).toContain("With 15 kWh, you would have saved €3.20 more in these 30 days.");
    await send("nattery/backtest/subscribe", backtestOf("failed"));
    await settle();
    expect(textOf(part)).toContain("The ledger has 12 quarter-hours");
  });
});

it("each page is there for those who may see it", () => {
  const paths = (change: Partial<SiteEntry>): string[] =>
    pagesFor({ ...house.entry, ...change }).map(({ path }) => path);
  expect(paths({})).toEqual(expect.arrayContaining(["savings", "inverter", "health"]));
  const viewer = { see: true, steer: false, registers: false };
  expect(paths({ may: viewer })).not.toContain("inverter");
  expect(paths({ may: viewer, trading: false })).not.toContain("savings");
  expect(paths({ may: { ...viewer, see: false } })).not.toContain("health");
});
