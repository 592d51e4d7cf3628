/** Places of nodes and ribbons of the flow. Pure. */
import type { Flow, Node, Part, Ribbon } from "./model";

export interface PlacedNode extends Node {
  readonly isSource: boolean;
  /** The upper edge of its bar, and how tall that is. */
  readonly y: number;
  readonly height: number;
  /** The middle of its label. */
  readonly middle: number;
}

export interface PlacedRibbon extends Ribbon {
  readonly path: string;
}

export interface FlowPicture {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly nodes: readonly PlacedNode[];
  readonly ribbons: readonly PlacedRibbon[];
}

export const BAR = 8;
const LABEL = 44; // px of height that the words of a node need
const GAP = 14;
const LEAST = 3; // px: a small power is still seen
const TALLEST = 96;

const NOWHERE: PlacedNode = { part: "house", kw: 0, isSource: false, y: 0, height: 0, middle: 0 };

/** Return the picture of a flow in a width; `words` is the width that the labels of each side get. */
export function pictureOf(flow: Flow, width: number, words: number): FlowPicture {
  const sides = [flow.from, flow.to];
  const most = Math.max(...sides.flatMap((side) => side.map(({ kw }) => kw ?? 0)), 0.1);
  const scale = TALLEST / most;
  const heightOf = (one: Node): number => (one.kw ? Math.max(LEAST, one.kw * scale) : 0);
  const roomOf = (one: Node): number => Math.max(LABEL, heightOf(one));
  const tallOf = (side: readonly Node[]): number =>
    side.reduce((sum, one) => sum + roomOf(one), 0) + GAP * (side.length - 1);
  const height = Math.max(...sides.map(tallOf));
  const place = (side: readonly Node[], isSource: boolean): PlacedNode[] => {
    let y = (height - tallOf(side)) / 2;
    return side.map((one) => {
      const [room, bar] = [roomOf(one), heightOf(one)];
      const middle = y + room / 2;
      y += room + GAP;
      return { ...one, isSource, middle, height: bar, y: middle - bar / 2 };
    });
  };
  const nodes = [...place(flow.from, true), ...place(flow.to, false)];
  const [left, right] = [words, width - words - BAR];
  return { width, height, left, right, nodes, ribbons: ribbonsOf(flow.ribbons, nodes, left + BAR, right, scale) };
}

function ribbonsOf(
  ribbons: readonly Ribbon[],
  nodes: readonly PlacedNode[],
  left: number,
  right: number,
  scale: number,
): PlacedRibbon[] {
  const find = (part: Part, isSource: boolean) =>
    nodes.find((one) => one.part === part && one.isSource === isSource) ?? NOWHERE;
  // Ribbons of a node in the order of their other ends, so that they do not cross at it.
  const order = (one: Ribbon): number => find(one.from, true).middle * 1000 + find(one.to, false).middle;
  const used = new Map<PlacedNode, number>();
  const take = (node: PlacedNode, tall: number): number => {
    const y = used.get(node) ?? node.y;
    used.set(node, y + tall);
    return y;
  };
  return [...ribbons]
    .sort((one, other) => order(one) - order(other))
    .map((one) => {
      const tall = Math.max(LEAST, one.kw * scale);
      const [from, to] = [take(find(one.from, true), tall), take(find(one.to, false), tall)];
      const bend = (left + right) / 2;
      const [a, b, c, d] = [from, to, to + tall, from + tall].map((y) => y.toFixed(1));
      const path = `M${left} ${a}C${bend} ${a} ${bend} ${b} ${right} ${b}V${c}C${bend} ${c} ${bend} ${d} ${left} ${d}Z`;
      return { ...one, path };
    });
}
