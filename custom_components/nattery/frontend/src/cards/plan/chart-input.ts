/** Choosing slots of the chart by pointer and keyboard; loaded with the first event. */
import type { PlanChart } from "./plan-chart";
import { nearestIndex, presentOf, type Selection } from "./model";

const HOUR_MS = 3_600_000;

export class ChartInput {
  /** Where a drag began, and whether it marks slots or moves the choice. */
  private drag: { readonly index: number; readonly marks: boolean } | undefined;
  /** The fixed end of what the keyboard marks, and the end that moves. */
  private anchor: number | undefined;
  private cursor: number | undefined;

  constructor(private readonly chart: PlanChart) {}

  handle(event: Event): void {
    if (event instanceof KeyboardEvent) this.key(event);
    else if (event instanceof PointerEvent) this.pointer(event);
    else if (event instanceof MouseEvent) this.chooseRun(event);
  }

  private pointer(event: PointerEvent): void {
    switch (event.type) {
      case "pointerdown":
        this.press(event);
        break;
      case "pointermove":
        this.move(event);
        break;
      case "pointerleave":
        if (event.pointerType === "mouse" && !this.drag) this.chart.tell(undefined, false);
        break;
      case "pointerup":
      case "pointercancel": // the browser scrolls instead
        this.drag = undefined;
        break;
    }
  }

  private press(event: PointerEvent): void {
    const { index, isOnRibbon } = this.chart.placeAt(event);
    if (event.button !== 0 || index < 0) return;
    const { selection } = this.chart;
    const extended = event.shiftKey ? selection?.first : undefined;
    this.drag = { index: extended ?? index, marks: extended !== undefined || isOnRibbon };
    this.cursor = this.anchor = index;
    const frame = event.target instanceof Element ? event.target.closest(".frame") : null;
    if (event.pointerType === "mouse" && event.buttons === 1) frame?.setPointerCapture(event.pointerId);
    this.choose(this.drag.index, index);
  }

  private move(event: PointerEvent): void {
    const { index } = this.chart.placeAt(event);
    if (index < 0) return;
    if (this.drag) this.choose(this.drag.marks ? this.drag.index : index, index);
    else if (event.pointerType === "mouse") this.chart.tell({ first: index, last: index }, false);
  }

  private chooseRun(event: MouseEvent): void {
    if (event.type !== "dblclick") return;
    const { index } = this.chart.placeAt(event);
    const run = this.chart.timeline.runs.find((one) => one.first <= index && index <= one.last);
    if (run) this.choose(run.first, run.last);
  }

  private key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") {
      this.chart.tell(undefined, true);
      return;
    }
    const target = this.targetOf(event.key);
    if (target === undefined) return;
    event.preventDefault();
    if (!event.shiftKey) this.anchor = target;
    this.cursor = target;
    this.choose(this.anchor ?? target, target);
  }

  /** Return where a key leads, undefined for a key that leads nowhere. */
  private targetOf(key: string): number | undefined {
    const { timeline, selection, now } = this.chart;
    const { slots } = timeline;
    const last = slots.length - 1;
    const chosen: Selection = selection ?? presentOf(timeline, now) ?? { first: 0, last: 0 };
    const isEnd = this.cursor === chosen.first || this.cursor === chosen.last;
    const current = isEnd && this.cursor !== undefined ? this.cursor : chosen.last;
    if (!selection || !isEnd) this.anchor = chosen.first;
    const slot = slots[current];
    if (!slot) return undefined;
    const byTime = (hours: number): number => nearestIndex(slots, slot.start + hours * HOUR_MS);
    switch (key) {
      case "ArrowRight":
        return Math.min(last, current + 1);
      case "ArrowLeft":
        return Math.max(0, current - 1);
      case "ArrowUp":
        return byTime(1);
      case "ArrowDown":
        return byTime(-1);
      case "PageUp":
        return byTime(4);
      case "PageDown":
        return byTime(-4);
      case "Home":
        return 0;
      case "End":
        return last;
      default:
        return undefined;
    }
  }

  private choose(one: number, other: number): void {
    this.chart.tell({ first: Math.min(one, other), last: Math.max(one, other) }, true);
  }
}
