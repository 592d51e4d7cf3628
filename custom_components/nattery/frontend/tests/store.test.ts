// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { asCommandError, follow, HIDDEN_MS, type Feed } from "../src/data/store";
import { FakeConnection } from "./fake_connection";

const PLAN = { type: "nattery/plan/subscribe", entry_id: "a" };
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

function hide(hidden: boolean): void {
  vi.spyOn(document, "hidden", "get").mockReturnValue(hidden);
  document.dispatchEvent(new Event("visibilitychange"));
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  hide(false);
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("following a topic", () => {
  it("shares one subscription, and gives a late follower what is known", async () => {
    const connection = new FakeConnection();
    const first: Feed<string>[] = [];
    const late: Feed<string>[] = [];
    const ends = Array.from({ length: 9 }, () =>
      follow<string>(connection.asConnection(), PLAN, (feed) => first.push(feed)),
    );
    await settle();
    connection.subscribed[0]?.send("plan");
    ends.push(follow<string>(connection.asConnection(), PLAN, (feed) => late.push(feed)));
    await settle();
    expect(connection.subscribed).toHaveLength(1);
    expect(first.map((feed) => feed.value)).toEqual(Array.from({ length: 9 }, () => "plan"));
    expect(late).toMatchObject([{ value: "plan" }]);
    ends.forEach((end) => {
      end();
    });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(connection.open).toHaveLength(0);
    follow(connection.asConnection(), PLAN, () => undefined)();
  });

  it("keeps the subscription of an element that moves on the page", async () => {
    const connection = new FakeConnection();
    follow(connection.asConnection(), PLAN, () => undefined)();
    const end = follow(connection.asConnection(), PLAN, () => undefined);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(connection.subscribed).toHaveLength(1);
    expect(connection.open).toHaveLength(1);
    end();
  });

  it("ends while a tab is hidden, and goes on when it is shown", async () => {
    const connection = new FakeConnection();
    const values: unknown[] = [];
    const end = follow(connection.asConnection(), PLAN, (feed) => values.push(feed.value));
    await settle();
    hide(true);
    await vi.advanceTimersByTimeAsync(HIDDEN_MS - 1);
    hide(false);
    await vi.advanceTimersByTimeAsync(HIDDEN_MS);
    expect(connection.subscribed).toHaveLength(1);

    hide(true);
    await vi.advanceTimersByTimeAsync(HIDDEN_MS);
    expect(connection.open).toHaveLength(0);
    connection.subscribed[0]?.send("an event on its way");
    const another = follow(connection.asConnection(), { ...PLAN, entry_id: "b" }, () => undefined);
    await settle();
    expect(connection.subscribed).toHaveLength(1);
    expect(values).toEqual([]);

    hide(false);
    await settle();
    expect(connection.open.map((one) => one.message["entry_id"])).toEqual(["a", "b"]);
    end();
    another();
  });

  it("closes a subscription that comes too late", async () => {
    const connection = new FakeConnection();
    const end = follow(connection.asConnection(), PLAN, () => undefined);
    hide(true);
    vi.advanceTimersByTime(HIDDEN_MS);
    await settle();
    expect(connection.subscribed).toHaveLength(1);
    expect(connection.open).toHaveLength(0);
    end();
  });

  it("tells an error, and tries again", async () => {
    let fails = true;
    const connection = new FakeConnection({
      [PLAN.type]: () => (fails ? { code: "not_found", message: "no" } : undefined),
    });
    const feeds: Feed<string>[] = [];
    const end = follow<string>(connection.asConnection(), PLAN, (feed) => feeds.push(feed));
    await settle();
    expect(feeds).toMatchObject([{ value: undefined, error: { code: "not_found" } }]);
    await vi.advanceTimersByTimeAsync(5_000);
    fails = false;
    await vi.advanceTimersByTimeAsync(15_000);
    connection.open[0]?.send("plan");
    expect(feeds.at(-1)).toMatchObject({ value: "plan", error: undefined });
    end();
  });
});

it("joins events that tell only changes, for those who come later too", async () => {
  const connection = new FakeConnection();
  const reduce = (known: string | null | undefined, event: string): string => (known ?? "") + event;
  const ends = [follow<string>(connection.asConnection(), PLAN, () => undefined, reduce)];
  await settle();
  connection.open[0]?.send("a");
  connection.open[0]?.send("b");
  const seen: unknown[] = [];
  ends.push(follow<string>(connection.asConnection(), PLAN, ({ value }) => seen.push(value), reduce));
  connection.open[0]?.send(null);
  connection.open[0]?.send("c");
  expect(seen).toEqual(["ab", null, "c"]);
  for (const end of ends) end();
});

it("gives every error the same form", () => {
  expect(asCommandError({ code: "x", message: "why", translation_key: "k" })).toEqual({
    code: "x",
    message: "why",
    translation_key: "k",
  });
  expect(asCommandError({ code: 5 })).toEqual({ code: "disconnected", message: "" });
  const lost = { type: "result", success: false, error: { code: 3, message: "Connection lost" } };
  expect(asCommandError(lost)).toEqual({ code: "disconnected", message: "Connection lost" });
  expect(asCommandError("no")).toEqual({ code: "unknown", message: "no" });
  expect(asCommandError(3)).toEqual({ code: "disconnected", message: "3" });
  expect(asCommandError(new Error("no")).code).toBe("unknown");
});
