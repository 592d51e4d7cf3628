// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import "../src/cards/control/automation";
import "../src/cards/control/control-card";
import "../src/cards/control/strategies";
import "../src/cards/control/timed-reserves";
import "../src/panel";
import "../src/panel/pages/control";
import { timedReserves } from "../src/cards/control/model";
import type { PlanPicture, SiteEntry } from "../src/data/api";
import type { Hass } from "../src/data/hass";
import { TEXTS } from "./english";
import { FakeConnection } from "./fake_connection";
import { House, type Scene } from "./house";
import { ENTITIES, planOf, statesOf } from "./made_up_home";

interface Part extends HTMLElement {
  updateComplete: Promise<boolean>;
}

/** A house whose overrides can be set and undone, with what was sent to it. */
class Stage {
  readonly house: House;
  readonly entry: SiteEntry;
  readonly plan: PlanPicture;
  readonly connection: FakeConnection;
  readonly hass: Hass;
  refusal: object | undefined;

  constructor(scene: Scene = "plain", may: Partial<SiteEntry["may"]> = {}) {
    this.house = new House({ scene });
    const { entry } = this.house;
    const strategies = ["optimise", "peak_shaving"];
    this.entry = { ...entry, entities: ENTITIES, strategies, may: { ...entry.may, ...may } };
    this.plan = planOf(this.house);
    this.connection = new FakeConnection({
      "frontend/get_translations": (message) => ({
        resources: Object.fromEntries(
          Object.entries(TEXTS)
            .filter(([path]) => path.startsWith(`${String(message["category"])}.`))
            .map(([path, text]) => [`component.nattery.${path}`, text]),
        ),
      }),
      "nattery/site": () => ({ api: 1, version: "1", time_zone: "Europe/Berlin", entries: [this.entry] }),
      "nattery/what_if": () => this.house.whatIf("hold"),
      "nattery/override": () => this.orRefuse({ set: [], cleared: 0, undo: { clear: ["new"] } }),
      "nattery/resume": () => this.orRefuse(null),
      call_service: () => this.orRefuse({ response: { id: "new" } }),
    });
    this.hass = {
      connection: this.connection.asConnection(),
      states: statesOf(this.house),
      language: "en",
      locale: { language: "en", number_format: "language", time_format: "24", date_format: "language" },
      user: { id: "u", name: "User", is_admin: false },
      config: { time_zone: "Europe/Berlin" },
      callService: () => Promise.resolve(),
    };
    vi.setSystemTime(this.house.now);
  }

  async show(tag: string, more: object = {}): Promise<Part> {
    const { entry, plan, house, hass } = this;
    const element = document.createElement(tag) as Part;
    const isPart = !tag.endsWith("-view"); // a card finds its data
    Object.assign(element, isPart ? { entry, plan, now: house.now, hass, ...more } : { hass });
    document.body.append(element);
    await settle();
    return element;
  }

  sent(type: string): Record<string, unknown>[] {
    return this.connection.sent.filter((message) => message["type"] === type);
  }

  private orRefuse(answer: unknown): unknown {
    if (this.refusal) throw this.refusal as Error;
    return answer;
  }
}

async function settle(ms = 1): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await vi.advanceTimersByTimeAsync(ms / 4);
  await vi.dynamicImportSettled();
  await vi.advanceTimersByTimeAsync(1);
}

const textOf = (element: Element): string => element.shadowRoot?.textContent.replaceAll(/\s+/g, " ") ?? "";
const buttons = (element: Element): HTMLButtonElement[] => [...(element.shadowRoot?.querySelectorAll("button") ?? [])];

async function press(element: Element, name: string): Promise<void> {
  const found = buttons(element).find((one) => one.textContent.replaceAll(/\s+/g, " ").trim().startsWith(name));
  if (!found) throw new Error(`No button ${name} in: ${textOf(element)}`);
  found.click();
  await settle(400);
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  document.body.replaceChildren();
  vi.useRealTimers();
});

describe("what the battery should do", () => {
  it("costs before it is set, is set with an end, and is undone", async () => {
    const stage = new Stage();
    const steer = await stage.show("nattery-steer");
    await press(steer, "Charge");
    expect(textOf(steer)).toContain("Charge until 15:19: costs €0.34 more today");
    await press(steer, "2 h");
    expect(stage.sent("nattery/what_if").at(-1)).toMatchObject({ overrides: [{ action: "charge" }] });
    expect(stage.sent("nattery/override")).toEqual([]);
    await press(steer, "Set it");
    const [{ set: [request] } = { set: [] }] = stage.sent("nattery/override") as { set: { end: string }[] }[];
    expect(Date.parse(request?.end ?? "")).toBeGreaterThanOrEqual(stage.house.now + 2 * 3_600_000);
    await press(steer, "Undo");
    expect(stage.sent("nattery/override").at(-1)).toMatchObject({ clear: ["new"] });
    expect(buttons(steer).map((one) => one.textContent.trim())).not.toContain("Undo");
  });

  it("offers Undo for some seconds only", async () => {
    const stage = new Stage();
    const steer = await stage.show("nattery-steer");
    await press(steer, "Hold");
    await press(steer, "Set it");
    expect(textOf(steer)).toContain("Undo");
    await settle(10_500);
    expect(textOf(steer)).not.toContain("Undo");
  });

  it("keeps what was chosen when it is refused, with the reason beside the button", async () => {
    const stage = new Stage();
    stage.refusal = { code: "not_allowed", message: "Not now." };
    const steer = await stage.show("nattery-steer");
    await press(steer, "Sell");
    await press(steer, "Set it");
    expect(textOf(steer)).toContain("Not now.");
    expect(textOf(steer)).toContain("Sell until");
    await press(steer, "Cancel");
    expect(textOf(steer)).not.toContain("Sell until");
  });

  it("may be set until a time of the day", async () => {
    const stage = new Stage();
    const steer = await stage.show("nattery-steer");
    await press(steer, "Hold");
    await press(steer, "until");
    const field = steer.shadowRoot?.querySelector<HTMLInputElement>("input[type=time]");
    if (!field) throw new Error("No field of the time.");
    field.value = "07:30";
    field.dispatchEvent(new Event("change"));
    await settle(400);
    expect(textOf(steer)).toContain("Hold until Sat 07:30");
    field.value = "";
    field.dispatchEvent(new Event("change"));
    await settle();
    expect(textOf(steer)).toContain("Choose a time.");
  });

  it("goes back to the plan", async () => {
    const stage = new Stage("override");
    const [one] = stage.plan.overrides;
    const present = one && { ...one, start: new Date(stage.house.now - 1000).toISOString() };
    const steer = await stage.show("nattery-steer", { plan: { ...stage.plan, overrides: [present] } });
    await press(steer, "Plan");
    await press(steer, "Back to the plan");
    expect(stage.sent("nattery/override")).toMatchObject([{ clear: ["one"] }]);
  });
});

describe("overrides", () => {
  it("say who set them, and can be undone", async () => {
    const stage = new Stage("override");
    const [one] = stage.plan.overrides;
    if (!one) throw new Error("No override.");
    const overrides = [
      { ...one, user: "anna", power_w: 2000 },
      { ...one, id: "two", user: null },
    ];
    const part = await stage.show("nattery-overrides", { plan: { ...stage.plan, overrides } });
    expect(textOf(part)).toContain("Hold 2 kW 20:00–22:00 set by Anna at 14:19");
    expect(textOf(part)).toContain("set by an automation");
    await press(part, "Undo all");
    expect(stage.sent("nattery/override")).toMatchObject([{ clear: "all" }]);
  });
});

describe("reserve, strategy, automation and pause", () => {
  it("cost before they are set, and are undone", async () => {
    const stage = new Stage();
    const reserve = await stage.show("nattery-reserve");
    const slider = reserve.shadowRoot?.querySelector<HTMLInputElement>("input[type=range]");
    if (!slider) throw new Error("No slider.");
    slider.value = "40";
    slider.dispatchEvent(new Event("input"));
    await settle(400);
    expect(textOf(reserve)).toContain("Keep 40%: costs €0.34 more today");
    await press(reserve, "Set it");
    await press(reserve, "Undo");
    expect(stage.sent("call_service").map((message) => message["service_data"])).toEqual([
      { entity_id: "number.home_reserve", value: 40 },
      { entity_id: "number.home_reserve", value: 12 },
    ]);

    const strategies = await stage.show("nattery-strategies");
    expect(textOf(strategies)).toContain("Optimise in use The lowest cost");
    await press(strategies, "Peak shaving");
    expect(stage.sent("nattery/what_if").at(-1)).toMatchObject({ strategy: "peak_shaving" });
    await press(strategies, "Use it");
    expect(stage.sent("call_service").at(-1)).toMatchObject({
      service: "select_option",
      service_data: { entity_id: "select.home_strategy", option: "peak_shaving" },
    });
  });

  it("may be higher at named times", async () => {
    const stage = new Stage();
    const attribute = stage.hass.states["number.home_reserve"]?.attributes["timed_reserves"] as unknown;
    const reserves = timedReserves(attribute, stage.house.now);
    const part = await stage.show("nattery-timed-reserves", { reserves });
    expect(textOf(part)).toContain("80% Fri 20:19–Sat 10:19");
    await press(part, "Keep more");
    await press(part, "Set it");
    expect(stage.sent("call_service").at(-1)).toMatchObject({
      service: "reserve",
      service_data: { soc: 80, start: "2026-11-27T14:00:00.000Z", until: "2026-11-28T02:00:00.000Z" },
      return_response: true,
    });
    await press(part, "Undo");
    expect(stage.sent("call_service").at(-1)).toMatchObject({ service: "clear_reserve" });
  });

  it("ask in words before the inverter is steered", async () => {
    const stage = new Stage("dry_run");
    const part = await stage.show("nattery-automation");
    expect(textOf(part)).toContain("off");
    expect(textOf(part)).toContain("Dry run");
    await press(part, "Turn on");
    expect(stage.sent("call_service")).toEqual([]);
    expect(textOf(part)).toContain("writes to the inverter");
    await press(part, "Turn on");
    expect(stage.sent("call_service")).toMatchObject([{ service: "turn_on" }]);
  });

  it("end a pause", async () => {
    const stage = new Stage("paused");
    const part = await stage.show("nattery-pause");
    await press(part, "Resume now");
    expect(stage.sent("nattery/resume")).toHaveLength(1);
  });
});

describe("the card and the page", () => {
  it("have no button for who may only look", async () => {
    const stage = new Stage("override", { steer: false });
    for (const tag of ["overrides", "reserve", "strategies", "automation", "pause", "timed-reserves"]) {
      const part = await stage.show(`nattery-${tag}`, { reserves: [] });
      expect(buttons(part), tag).toEqual([]);
      expect(part.shadowRoot?.querySelector("input"), tag).toBeNull();
    }
  });

  it("say in words what the battery does", async () => {
    const stage = new Stage("plain", { steer: false });
    const card = await stage.show("nattery-control-card-view");
    stage.connection.open[0]?.send(stage.plan);
    await settle();
    expect(textOf(card)).toContain("What it does");
    expect(textOf(card)).toContain("Self-use until 17:45");
    expect(card.shadowRoot?.querySelector("nattery-steer")).toBeNull();
  });

  it("show at once what has just been set", async () => {
    const stage = new Stage("override");
    const [one] = stage.plan.overrides;
    const card = await stage.show("nattery-control-card-view");
    await settle(20_000);
    const start = new Date(Date.now()).toISOString();
    stage.connection.open[0]?.send({ ...stage.plan, overrides: [{ ...one, start }] });
    await settle();
    const steer = card.shadowRoot?.querySelector("nattery-steer");
    const pressed = steer?.shadowRoot?.querySelector("[aria-pressed=true]");
    expect(pressed?.textContent.trim()).toBe("Hold");
  });

  it("do without an entry until the panel knows it", async () => {
    const stage = new Stage("plain", { steer: false });
    const page = document.createElement("nattery-control-page") as Part;
    Object.assign(page, { hass: stage.hass });
    Object.assign(page, { entry: stage.entry });
    document.body.append(page);
    await settle();
    stage.connection.open[0]?.send(stage.plan);
    await settle();
    Object.assign(page, { hass: { ...stage.hass, states: statesOf(stage.house, "night") } });
    await settle();
    expect(textOf(page)).toContain("Strategy");
    expect(textOf(page)).toContain("10 kWh");
    expect(page.shadowRoot?.querySelector("nattery-steer")).toBeNull();
  });

  it("get new states from the panel", async () => {
    const stage = new Stage();
    const panel = document.createElement("nattery-panel") as Part & { hass: Hass };
    Object.assign(panel, { hass: stage.hass, route: { prefix: "/nattery", path: "/control" } });
    document.body.append(panel);
    await settle();
    await vi.waitFor(() => {
      if (!panel.shadowRoot?.querySelector("nattery-control-page")) throw new Error("not there yet");
    });
    const states = statesOf(stage.house, "night");
    panel.hass = { ...stage.hass, states };
    const page = panel.shadowRoot?.querySelector<Part & { hass: Hass }>("nattery-control-page");
    expect(page?.hass.states).toBe(states);
  });
});
