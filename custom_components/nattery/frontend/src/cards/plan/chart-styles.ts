import { css } from "lit";

export const chartStyles = css`
  :host {
    display: block;
    min-width: 0;
  }
  .space {
    height: 420px;
  }
  .frame {
    touch-action: pan-y;
    cursor: crosshair;
    border-radius: 8px;
    user-select: none;
    -webkit-user-select: none;
    direction: ltr;
  }
  .frame:focus-visible {
    outline: 2px solid var(--n-focus);
    outline-offset: 2px;
  }
  svg {
    display: block;
    overflow: visible;
  }
  text {
    font-size: 12px;
    fill: var(--n-ink);
  }
  .tick,
  .unit {
    fill: var(--n-ink-2);
    font-variant-numeric: tabular-nums;
  }
  .title {
    font-weight: 600;
    paint-order: stroke;
    stroke: var(--n-card);
    stroke-width: 3px;
    stroke-linejoin: round;
  }
  .grid {
    stroke: var(--n-line);
    fill: none;
    shape-rendering: crispedges;
  }
  .grid.faint {
    opacity: 0.35;
  }
  .grid.day {
    stroke: var(--n-ink-2);
    opacity: 0.6;
  }
  .line {
    fill: none;
    stroke-width: 2;
    stroke-linejoin: round;
  }
  .pay {
    stroke: var(--n-pay);
  }
  .pay-area {
    fill: var(--n-pay);
    opacity: 0.1;
  }
  .get {
    stroke: var(--n-get);
    stroke-dasharray: 5 3;
    stroke-width: 1.6;
  }
  .zero {
    stroke: var(--n-ink);
    opacity: 0.7;
    shape-rendering: crispedges;
  }
  .negative {
    fill: url(#negative);
  }
  .negative-hatch {
    stroke: var(--n-get);
    stroke-width: 3;
  }
  .soc,
  .planned {
    stroke: var(--n-ink);
  }
  .planned {
    stroke-dasharray: 2 3;
  }
  .what-if {
    stroke: var(--n-focus);
    stroke-width: 2.5;
    stroke-dasharray: 7 3;
  }
  .minimum {
    stroke: var(--n-bad);
    stroke-dasharray: 5 3;
  }
  .sun {
    stroke: var(--n-sun);
    stroke-width: 1.6;
  }
  .sun-area {
    fill: var(--n-sun);
    opacity: 0.35;
  }
  .house {
    stroke: var(--n-house);
    stroke-width: 1.6;
  }
  .tint {
    opacity: 0.14;
  }
  .tint.charge,
  .bar.charge .body {
    fill: var(--n-charge);
  }
  .tint.discharge,
  .bar.discharge .body {
    fill: var(--n-discharge);
  }
  .bar.self_consume .body {
    fill: var(--n-self);
  }
  .bar.hold .body {
    fill: url(#hold);
    stroke: var(--n-hold);
  }
  .hold-hatch {
    stroke: var(--n-hold);
    stroke-width: 3;
  }
  .plate {
    fill: var(--n-card);
  }
  .bar:not(.hold) .plate {
    fill: none;
  }
  .bar text {
    font-weight: 600;
  }
  .bar.self_consume :is(text, .sign) {
    fill: var(--n-on-self);
  }
  .bar.charge :is(text, .sign) {
    fill: var(--n-on-charge);
  }
  .bar.discharge :is(text, .sign) {
    fill: var(--n-on-discharge);
  }
  .bar.hold :is(text, .sign) {
    fill: var(--n-ink);
  }
  .bar.past .body {
    opacity: 0.6;
  }
  .bar.past:is(.charge, .discharge) :is(text, .sign) {
    fill: var(--n-ink);
  }
  .bar.override .body {
    stroke: var(--n-ink);
    stroke-width: 2;
  }
  .unknown {
    fill: url(#hatch);
  }
  .hatch {
    stroke: var(--n-line);
    stroke-width: 2;
  }
  .now {
    stroke: var(--n-ink);
    stroke-width: 1.5;
    shape-rendering: crispedges;
  }
  .pill {
    fill: var(--n-ink);
  }
  .pill-text {
    fill: var(--n-card);
    font-weight: 700;
    font-variant-numeric: tabular-nums;
  }
  .chosen {
    fill: var(--n-ink);
    opacity: 0.1;
    pointer-events: none;
  }
  .chosen-frame {
    fill: none;
    stroke: var(--n-ink);
    stroke-width: 1.5;
    pointer-events: none;
  }
  .chosen-frame.several {
    stroke: var(--n-focus);
    stroke-width: 3;
  }
  @media (forced-colors: active) {
    .frame {
      forced-color-adjust: none;
    }
  }
`;
