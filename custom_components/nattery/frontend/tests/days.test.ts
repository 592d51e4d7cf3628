import type { ReactiveController } from "lit";
import { describe, expect, it, vi } from "vitest";
import { DaysController, readDay } from "../src/data/days";
import { FakeConnection } from "./fake_connection";
import { House } from "./house";

const house = new House();
const answers = { "nattery/day": (message: Record<string, unknown>) => house.day(String(message["day"])) };
const host = () => ({ addController: (_: ReactiveController) => undefined, requestUpdate: vi.fn() });
const asHost = (one: ReturnType<typeof host>) => one as unknown as ConstructorParameters<typeof DaysController>[0];

describe("days", () => {
  it("are read once for each stamp", async () => {
    const connection = new FakeConnection(answers);
    const read = (stamp: string) => readDay(connection.asConnection(), "a", "2026-11-27", stamp);
    expect(await read("1")).toBe(await read("1"));
    await read("2");
    expect(connection.sent).toHaveLength(2);
  });

  it("are kept in a limited number", async () => {
    const connection = new FakeConnection(answers);
    for (let n = 0; n < 61; n++) await readDay(connection.asConnection(), String(n), "2026-11-27", "1");
    await readDay(connection.asConnection(), "60", "2026-11-27", "1");
    await readDay(connection.asConnection(), "0", "2026-11-27", "1");
    expect(connection.sent).toHaveLength(62);
  });

  it("are read again when they may have changed: today, not a day that is over", async () => {
    const connection = new FakeConnection(answers);
    const element = host();
    const controller = new DaysController(asHost(element));
    const use = async (stamp: string): Promise<void> => {
      controller.use(connection.asConnection(), "a", ["2026-11-26", "2026-11-27"], "2026-11-27", stamp);
      await new Promise((resolve) => setTimeout(resolve));
    };
    await use("1");
    await use("1");
    expect(controller.days.map((day) => day?.day)).toEqual(["2026-11-26", "2026-11-27"]);
    expect(element.requestUpdate).toHaveBeenCalledTimes(1);
    await use("2");
    expect(connection.sent.map((one) => one["day"])).toEqual(["2026-11-26", "2026-11-27", "2026-11-27"]);
    controller.hostConnected();
    await use("2");
    expect(connection.sent).toHaveLength(3);
    controller.use(connection.asConnection(), undefined, [], "2026-11-27", "2");
    expect(controller.days).toEqual([]);
  });

  it("that cannot be read are missing, and asked for again", async () => {
    const connection = new FakeConnection({});
    const controller = new DaysController(asHost(host()));
    controller.use(connection.asConnection(), "a", ["2026-11-26"], "2026-11-27", "1");
    controller.use(connection.asConnection(), "a", ["2026-11-27"], "2026-11-27", "1"); // the first is not wanted any more
    await new Promise((resolve) => setTimeout(resolve));
    expect(controller.days).toEqual([undefined]);
    expect(controller.error?.code).toBe("unknown_command");
    controller.hostConnected();
    controller.use(connection.asConnection(), "a", ["2026-11-27"], "2026-11-27", "1");
    await new Promise((resolve) => setTimeout(resolve));
    expect(connection.sent).toHaveLength(3);
  });
});
