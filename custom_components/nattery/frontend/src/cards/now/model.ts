/** Where power comes from and where it goes, from the present readings. Pure. */
export type Part = "sun" | "battery" | "grid" | "house";

/** Present powers in kW, null where unknown. */
export interface Readings {
  readonly sun: number | null;
  readonly house: number | null;
  /** Positive while the house takes from the grid. */
  readonly grid: number | null;
  /** Positive while the battery gives. */
  readonly battery: number | null;
  /** State of charge, 0 to 1. */
  readonly soc: number | null;
}

export interface Node {
  readonly part: Part;
  /** Power in kW: 0 if the part does nothing, null if that is unknown. */
  readonly kw: number | null;
}

export interface Ribbon {
  readonly from: Part;
  readonly to: Part;
  readonly kw: number;
}

export interface Flow {
  readonly from: readonly Node[];
  readonly to: readonly Node[];
  readonly ribbons: readonly Ribbon[];
  /** What the house runs on, the most first. */
  readonly suppliers: readonly Part[];
}

/** Less is no flow: readings waver around zero. */
export const IDLE_KW = 0.03;

/** Who is served first: the sun before the battery before the grid, the house before the battery before the grid. */
const ORDER: readonly (readonly [Part, Part])[] = [
  ["sun", "house"],
  ["battery", "house"],
  ["grid", "house"],
  ["sun", "battery"],
  ["grid", "battery"],
  ["sun", "grid"],
  ["battery", "grid"],
];

/** Return the flow: battery and grid stand left while they give, right while they take. */
export function flowOf({ sun, house, grid, battery }: Readings): Flow {
  const isGiving = (battery ?? 0) >= IDLE_KW;
  const isExporting = (grid ?? 0) <= -IDLE_KW;
  const from: Node[] = [node("sun", sun)];
  const to: Node[] = [node("house", house)];
  (isGiving ? from : to).push(node("battery", battery));
  (isExporting ? to : from).push(node("grid", grid));
  const ribbons = ribbonsOf(from, to);
  const suppliers = ribbons
    .filter((one) => one.to === "house")
    .sort((one, other) => other.kw - one.kw)
    .map((one) => one.from);
  return { from, to, ribbons, suppliers };
}

function node(part: Part, kw: number | null): Node {
  if (kw === null) return { part, kw };
  const power = Math.abs(kw);
  return { part, kw: power < IDLE_KW ? 0 : power };
}

function ribbonsOf(from: readonly Node[], to: readonly Node[]): Ribbon[] {
  const left = new Map(from.map((one) => [one.part, one.kw ?? 0]));
  const wanted = new Map(to.map((one) => [one.part, one.kw ?? 0]));
  const ribbons: Ribbon[] = [];
  for (const [source, sink] of ORDER) {
    const [has, needs] = [left.get(source) ?? 0, wanted.get(sink) ?? 0];
    const kw = Math.min(has, needs);
    if (kw < IDLE_KW) continue;
    ribbons.push({ from: source, to: sink, kw });
    left.set(source, has - kw);
    wanted.set(sink, needs - kw);
  }
  return ribbons;
}
