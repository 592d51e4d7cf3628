/** The ring of a day of 24 hours, midnight at the top. Pure. */

const DAY = 1440; // minutes

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Return the point of a minute of the day on a circle. */
export function pointAt(minute: number, radius: number, centre: number): Point {
  const angle = (minute / DAY) * 2 * Math.PI;
  return { x: round(centre + radius * Math.sin(angle)), y: round(centre - radius * Math.cos(angle)) };
}

/** Return the path of an arc from one minute to another, clockwise, also over midnight. */
export function arcPath(from: number, until: number, radius: number, centre: number): string {
  const length = (until - from + DAY) % DAY;
  const [start, end] = [pointAt(from, radius, centre), pointAt(until, radius, centre)];
  return `M${start.x} ${start.y}A${radius} ${radius} 0 ${length > DAY / 2 ? 1 : 0} 1 ${end.x} ${end.y}`;
}

/** Return the minute in the middle of an arc. */
export function middleOf(from: number, until: number): number {
  return (from + ((until - from + DAY) % DAY) / 2) % DAY;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
