/** Bars of savings: a wide one against no battery, a narrow one in it against self-consumption. Pure. */
import type { SavingBar } from "./model";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly isLoss: boolean;
}

export interface BarShape {
  readonly saved: Box | undefined;
  readonly byPlanning: Box | undefined;
  readonly expected: Box | undefined;
}

export interface BarsPicture {
  readonly step: number;
  readonly zero: number;
  readonly ticks: readonly { readonly value: number; readonly y: number }[];
  readonly bars: readonly BarShape[];
}

const LEAST = 1.5;
const MOST_WIDE = 56;

/** Return the shapes of bars in an area. */
export function picture(bars: readonly SavingBar[], width: number, height: number): BarsPicture {
  const amounts = bars.flatMap(({ saved, byPlanning, expected }) => [saved ?? 0, byPlanning ?? 0, expected ?? 0]);
  const [least, most] = [Math.min(0, ...amounts), Math.max(0, ...amounts)];
  const span = most - least || 1;
  const step = width / Math.max(1, bars.length);
  const at = (value: number): number => ((most - value) / span) * height;
  const box = (index: number, value: number | null, share: number): Box | undefined => {
    if (value === null) return undefined;
    const wide = Math.min(step * 0.78, MOST_WIDE) * share;
    const tall = Math.max(LEAST, Math.abs(at(value) - at(0)));
    const isLoss = value < 0;
    return { x: (index + 0.5) * step - wide / 2, y: isLoss ? at(0) : at(0) - tall, width: wide, height: tall, isLoss };
  };
  return {
    step,
    zero: at(0),
    ticks: ticksOf(least, most).map((value) => ({ value, y: at(value) })),
    bars: bars.map(({ saved, byPlanning, expected }, index) => ({
      saved: box(index, saved, 1),
      byPlanning: box(index, byPlanning, 0.44),
      expected: box(index, expected, 0.44),
    })),
  };
}

/** Return up to five round values between two, zero among them. */
export function ticksOf(least: number, most: number): number[] {
  const span = most - least;
  if (!(span > 0)) return [0];
  const rough = span / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((one) => one * power >= rough) ?? 10) * power;
  const ticks: number[] = [];
  // Plus 0, so that zero is not -0.
  for (let index = Math.ceil(least / step - 1e-9) + 0; index * step <= most + step * 1e-9; index++)
    ticks.push(index * step);
  return ticks;
}

/** Return the index of the bar at a place. */
export function barAt(x: number, { step, bars }: BarsPicture): number {
  return Math.min(bars.length - 1, Math.max(0, Math.floor(x / step)));
}
