// @vitest-environment happy-dom
import { expect, it, vi } from "vitest";
import { defineLazily } from "../src/lazy";

class Inner extends HTMLElement {
  hass: unknown;
  config: unknown;
  setConfig(config: unknown): void {
    this.config = config;
  }
  getCardSize(): number {
    return 7;
  }
  static getStubConfig(hass: unknown): unknown {
    return { hass };
  }
}
customElements.define("test-inner", Inner);

type Shell = HTMLElement & { hass: unknown; setConfig(config: unknown): void; getCardSize(): number };

it("stands in for an element until its code is there, and hands everything on", async () => {
  const load = vi.fn(() => Promise.resolve({ default: Inner }));
  const lazy = {
    tag: "test-shell",
    load,
    properties: ["hass"],
    methods: ["setConfig"],
    answers: { getCardSize: 3 },
    classMethods: ["getStubConfig"],
  };
  defineLazily(lazy);
  defineLazily(lazy); // a second loader on the same page

  const shell = document.createElement("test-shell") as Shell;
  shell.setConfig({ a: 1 });
  shell.hass = "first";
  expect(shell.hass).toBe("first");
  expect(shell.getCardSize()).toBe(3);
  expect(load).not.toHaveBeenCalled();

  document.body.append(shell);
  shell.remove();
  document.body.append(shell);
  await vi.waitFor(() => {
    expect(shell.children).toHaveLength(1);
  });
  const inner = shell.firstElementChild as Inner;
  expect(inner).toMatchObject({ hass: "first", config: { a: 1 } });
  shell.hass = "second";
  shell.setConfig({ a: 2 });
  expect(inner).toMatchObject({ hass: "second", config: { a: 2 } });
  expect(shell.getCardSize()).toBe(7);

  shell.remove();
  document.body.append(shell);
  await Promise.resolve();
  expect(shell.children).toHaveLength(1);

  const constructor = customElements.get("test-shell") as unknown as { getStubConfig(hass: string): Promise<unknown> };
  expect(await constructor.getStubConfig("h")).toEqual({ hass: "h" });
});

it("is an element of its own without any extras", async () => {
  defineLazily({ tag: "test-plain", load: () => Promise.resolve({ default: Inner }), properties: [] });
  const shell = document.createElement("test-plain");
  document.body.append(shell);
  await vi.waitFor(() => {
    expect(shell.firstElementChild).toBeInstanceOf(Inner);
  });
});
