/** Bars of days. Pure. */
import type { DaySaving } from "./model";

export interface Bar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly isLoss: boolean;
  readonly isToday: boolean;
}

export interface BarsPicture {
  readonly step: number;
  readonly zero: number;
  readonly bars: readonly (Bar | null)[];
}

const LEAST = 2;

/** Return a bar for each day that has a saving; losses hang below the zero line. */
export function barsOf(days: readonly DaySaving[], width: number, height: number): BarsPicture {
  const amounts = days.flatMap(({ saved }) => (saved === null ? [] : [saved]));
  const most = Math.max(0, ...amounts);
  const least = Math.min(0, ...amounts);
  const scale = most - least > 0 ? height / (most - least) : 0;
  const step = width / Math.max(1, days.length);
  const zero = height + least * scale;
  const bars = days.map(({ saved, isToday }, index): Bar | null => {
    if (saved === null) return null;
    const tall = Math.max(LEAST, Math.abs(saved) * scale);
    return {
      x: index * step + step * 0.12,
      y: saved < 0 ? zero : zero - tall,
      width: step * 0.76,
      height: tall,
      isLoss: saved < 0,
      isToday,
    };
  });
  return { step, zero, bars };
}
