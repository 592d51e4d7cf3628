/** A chart of savings as bars, chosen with pointer or keyboard. Fires `bar-chosen` and `bar-opened` with an index. */
import { css, html, nothing, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import type { Home } from "../../data/home";
import { fire, NatteryElement } from "../../ui/element";
import { colours, shapes } from "../../ui/styles";
import { barAt, picture, type BarsPicture, type Box } from "./geometry";
import type { SavingBar } from "./model";

const AXIS = 20;
const LEFT = 44;
const TOP = 8;

export type BarEvent = CustomEvent<number>;

export class SavingBars extends NatteryElement {
  @property({ attribute: false }) bars: readonly SavingBar[] = [];
  @property({ attribute: false }) chosen = -1;
  @property({ attribute: false }) currency = "EUR";
  @property({ attribute: false }) label = "";
  /** The name of a bar on the axis, empty for none. */
  @property({ attribute: false }) nameOf: (bar: SavingBar, index: number) => string = () => "";
  /** What a bar says, for screen readers. */
  @property({ attribute: false }) textOf: (bar: SavingBar) => string = () => "";
  @property({ attribute: false }) tall = 160;
  @state() private width = 0;
  private readonly sizes = new ResizeObserver(([size]) => {
    if (size) this.width = Math.round(size.contentRect.width);
  });

  override connectedCallback(): void {
    super.connectedCallback();
    this.sizes.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
  }

  protected override view(home: Home): TemplateResult | typeof nothing {
    const { bars, chosen, tall, width } = this;
    if (width === 0) return nothing;
    const drawn = picture(bars, Math.max(1, width - LEFT), tall);
    const bar = bars[chosen];
    return html`<svg
      viewBox="0 0 ${width} ${tall + TOP + AXIS}"
      height=${tall + TOP + AXIS}
      tabindex="0"
      role="slider"
      aria-label=${this.label}
      aria-valuemin="1"
      aria-valuemax=${bars.length}
      aria-valuenow=${Math.max(1, chosen + 1)}
      aria-valuetext=${bar ? this.textOf(bar) : this.label}
      @keydown=${this.key}
      @pointerdown=${(event: PointerEvent) => {
        this.press(event, drawn);
      }}
    >
      <g transform="translate(${LEFT} ${TOP})">
        ${drawn.ticks.map(
          ({ value, y }) =>
            svg`<line class=${value === 0 ? "zero" : "grid"} x1="0" x2=${width - LEFT} y1=${y} y2=${y}></line>
              <text x="-6" y=${y + 4} text-anchor="end">${tickText(home, value, this.currency)}</text>`,
        )}
        ${
          chosen < 0
            ? nothing
            : svg`<rect class="chosen" x=${chosen * drawn.step} y=${-TOP} width=${drawn.step} height=${tall + TOP}></rect>`
        }
        ${drawn.bars.map(
          (shape, index) =>
            svg`${box("saved", shape.saved)} ${box("expected", shape.expected)} ${box("planning", shape.byPlanning)}
              <text
                x=${(index + 0.5) * drawn.step}
                y=${tall + 15}
                text-anchor=${index === bars.length - 1 && drawn.step < 24 ? "end" : "middle"}
              >
                ${bars[index] ? this.nameOf(bars[index], index) : nothing}
              </text>`,
        )}
      </g>
    </svg>`;
  }

  private press(event: PointerEvent, drawn: BarsPicture): void {
    const svgElement = event.currentTarget as SVGElement;
    const x = event.clientX - svgElement.getBoundingClientRect().left - LEFT;
    const index = barAt(x, drawn);
    // A finger may have missed its day: it chooses first, and opens with the next touch or the link below.
    const opens = event.pointerType === "mouse" ? event.button === 0 : index === this.chosen;
    fire(this, "bar-chosen", index);
    if (opens) fire(this, "bar-opened", index);
  }

  private readonly key = (event: KeyboardEvent): void => {
    const last = this.bars.length - 1;
    const from = this.chosen < 0 ? last : this.chosen;
    const to: Record<string, number> = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last };
    to["ArrowDown"] = from - 1;
    to["ArrowUp"] = from + 1;
    const index = to[event.key];
    if (index !== undefined) fire(this, "bar-chosen", Math.min(last, Math.max(0, index)));
    else if (event.key === "Enter" && this.chosen >= 0) fire(this, "bar-opened", this.chosen);
    else return;
    event.preventDefault();
  };

  static override readonly styles = [
    colours,
    shapes,
    css`
      svg {
        display: block;
        width: 100%;
        cursor: pointer;
        touch-action: pan-y;
      }
      text {
        fill: var(--n-ink-2);
        font-size: 11px;
      }
      .grid {
        stroke: var(--n-line);
      }
      .zero {
        stroke: var(--n-ink-2);
      }
      .saved {
        fill: color-mix(in srgb, var(--n-good) 38%, var(--n-card));
      }
      .planning {
        fill: var(--n-good);
      }
      .expected {
        fill: none;
        stroke: var(--n-good);
        stroke-dasharray: 3 2;
      }
      .loss.saved {
        fill: color-mix(in srgb, var(--n-bad) 38%, var(--n-card));
      }
      .loss.planning {
        fill: var(--n-bad);
      }
      .loss.expected {
        stroke: var(--n-bad);
      }
      .chosen {
        fill: color-mix(in srgb, var(--n-ink) 9%, transparent);
      }
      @media (forced-colors: active) {
        .saved {
          fill: Canvas;
          stroke: CanvasText;
        }
        .planning {
          fill: CanvasText;
        }
        .chosen {
          fill: none;
          stroke: Highlight;
        }
      }
    `,
  ];
}

function box(kind: string, shape: Box | undefined): SVGTemplateResult | typeof nothing {
  if (!shape) return nothing;
  const { x, y, width, height } = shape;
  return svg`<rect class="${kind} ${shape.isLoss ? "loss" : ""}" x=${x} y=${y} width=${width} height=${height} rx="1.5"></rect>`;
}

function tickText(home: Home, value: number, currency: string): string {
  const text = home.formats.money(value, currency).replace(/[.,]00(?=\D*$)/, "");
  return value < 0 ? `−${text}` : text;
}

if (!customElements.get("nattery-saving-bars")) customElements.define("nattery-saving-bars", SavingBars);
