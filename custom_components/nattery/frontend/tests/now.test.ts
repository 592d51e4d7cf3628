import { describe, expect, it } from "vitest";
import { pictureOf } from "../src/cards/now/geometry";
import { flowOf, type Readings } from "../src/cards/now/model";

const UNKNOWN: Readings = { sun: null, house: null, grid: null, battery: null, soc: null };
const names = (nodes: readonly { part: string }[]) => nodes.map(({ part }) => part);
const ribbons = (readings: Partial<Readings>) =>
  flowOf({ ...UNKNOWN, ...readings }).ribbons.map(({ from, to, kw }) => `${from}>${to} ${kw.toFixed(1)}`);

describe("the flow", () => {
  it("puts battery and grid where power comes from while they give, and where it goes to while they take", () => {
    const evening = flowOf({ sun: 0, house: 1.6, grid: -1.7, battery: 3.3, soc: 0.7 });
    expect(names(evening.from)).toEqual(["sun", "battery"]);
    expect(names(evening.to)).toEqual(["house", "grid"]);
    const night = flowOf({ sun: 0, house: 0.5, grid: 3.5, battery: -3, soc: 0.4 });
    expect(names(night.from)).toEqual(["sun", "grid"]);
    expect(names(night.to)).toEqual(["house", "battery"]);
    expect(night.from[1]?.kw).toBe(3.5);
  });

  it("gives the house the sun first, then the battery, then the grid", () => {
    expect(ribbons({ sun: 2.6, house: 1.2, grid: 0, battery: -1.4 })).toEqual(["sun>house 1.2", "sun>battery 1.4"]);
    expect(ribbons({ sun: 0.5, house: 2, grid: 0.5, battery: 1 })).toEqual([
      "sun>house 0.5",
      "battery>house 1.0",
      "grid>house 0.5",
    ]);
    expect(ribbons({ sun: 2.6, house: 0.9, grid: -0.8, battery: -0.9 })).toEqual([
      "sun>house 0.9",
      "sun>battery 0.9",
      "sun>grid 0.8",
    ]);
    expect(ribbons({ sun: 0, house: 0.5, grid: 3.5, battery: -3 })).toEqual(["grid>house 0.5", "grid>battery 3.0"]);
    expect(ribbons({ sun: 0, house: 1, grid: -1, battery: 2 })).toEqual(["battery>house 1.0", "battery>grid 1.0"]);
  });

  it("names what the house runs on, the most first", () => {
    const flow = flowOf({ sun: 0.5, house: 2, grid: 0.3, battery: 1.2, soc: null });
    expect(flow.suppliers).toEqual(["battery", "sun", "grid"]);
  });

  it("says nothing of what is unknown, and that little is nothing", () => {
    const flow = flowOf({ ...UNKNOWN, grid: 0.01 });
    expect(flow.from.map(({ kw }) => kw)).toEqual([null, 0]);
    expect(flow.to.map(({ kw }) => kw)).toEqual([null, null]);
    expect(flow.ribbons).toEqual([]);
  });
});

describe("the picture of the flow", () => {
  const width = 320;

  it("makes bars as tall as the power, and places both sides in the middle", () => {
    const picture = pictureOf(flowOf({ sun: 2, house: 1, grid: 0, battery: -1, soc: 0.5 }), width, 100);
    const heights = Object.fromEntries(picture.nodes.map(({ part, height }) => [part, height]));
    expect(heights["sun"]).toBeCloseTo(2 * (heights["house"] ?? 0));
    expect(heights["grid"]).toBe(0);
    expect(picture.left).toBe(100);
    expect(picture.right).toBe(212);
    for (const { y, height, middle } of picture.nodes) {
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y + height).toBeLessThanOrEqual(picture.height);
      expect(y + height / 2).toBeCloseTo(middle);
    }
  });

  it("stacks ribbons at their bars without crossing there", () => {
    const picture = pictureOf(flowOf({ sun: 3, house: 1, grid: -1, battery: -1, soc: 0.5 }), width, 100);
    const starts = picture.ribbons.map(({ path }) => Number(/^M\S+ ([\d.]+)C/.exec(path)?.[1]));
    expect(picture.ribbons.map(({ to }) => to)).toEqual(["house", "battery", "grid"]);
    expect(starts).toEqual([...starts].sort((one, other) => one - other));
  });

  it("shows a small power, and an empty flow", () => {
    const small = pictureOf(flowOf({ sun: 5, house: 0.05, grid: -4.95, battery: 0, soc: null }), width, 100);
    expect(small.nodes.find(({ part }) => part === "house")?.height).toBe(3);
    expect(pictureOf(flowOf(UNKNOWN), width, 100).nodes.every(({ height }) => height === 0)).toBe(true);
  });
});
