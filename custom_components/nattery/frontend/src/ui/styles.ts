/** Colours and shapes that all parts share. Colour is never the only sign: see the table in docs/screen.md. */
import { css } from "lit";

export const colours = css`
  :host {
    color-scheme: light;
    --n-pay: light-dark(#0b62b0, #6cb4ff);
    --n-get: light-dark(#8a3fa0, #d7a2f2);
    --n-charge: light-dark(#00796b, #3fd0b6);
    --n-on-charge: light-dark(#ffffff, #10201d);
    --n-discharge: light-dark(#c2410c, #ff9b5e);
    --n-on-discharge: light-dark(#ffffff, #2a1508);
    --n-hold: light-dark(#6b7280, #9aa5b1);
    --n-self: light-dark(#c9d2da, #414c57);
    --n-on-self: light-dark(#4b5563, #c3ccd5);
    --n-sun: light-dark(#b26a00, #ffc94d);
    --n-house: light-dark(#37474f, #b7c4cd);
    --n-good: light-dark(#1b7f3b, #6fd08c);
    --n-bad: light-dark(#b3261e, #ff8a80);
    --n-warn: light-dark(#9a5b00, #ffb74d);
    --n-ink: var(--primary-text-color, light-dark(#141414, #e6e6e6));
    --n-ink-2: var(--secondary-text-color, light-dark(#5a5a5a, #a0a0a0));
    --n-card: var(--ha-card-background, var(--card-background-color, light-dark(#fff, #1c1c1c)));
    --n-line: var(--divider-color, light-dark(#dedede, #3a3a3a));
    --n-focus: var(--primary-color, #009ac7);
    color: var(--n-ink);
  }
  :host([dark]) {
    color-scheme: dark;
  }
  @media (forced-colors: active) {
    :host {
      --n-ink: CanvasText;
      --n-ink-2: CanvasText;
      --n-card: Canvas;
      --n-line: GrayText;
      --n-pay: LinkText;
      --n-get: CanvasText;
      --n-charge: CanvasText;
      --n-on-charge: Canvas;
      --n-discharge: CanvasText;
      --n-on-discharge: Canvas;
      --n-hold: CanvasText;
      --n-self: ButtonFace;
      --n-on-self: ButtonText;
      --n-sun: CanvasText;
      --n-house: CanvasText;
      --n-focus: Highlight;
    }
  }
  @media (prefers-contrast: more) {
    :host {
      --n-ink-2: var(--n-ink);
      --n-line: var(--n-ink-2);
    }
  }
`;

export const shapes = css`
  :host {
    display: block;
  }
  * {
    box-sizing: border-box;
  }
  h2,
  h3,
  p,
  dl,
  dd {
    margin: 0;
    font-weight: inherit;
    font-size: inherit;
  }
  .quiet {
    color: var(--n-ink-2);
  }
  .good {
    color: var(--n-good);
  }
  .bad {
    color: var(--n-bad);
  }
  .number {
    font-variant-numeric: tabular-nums;
  }
  button,
  .chip {
    font: inherit;
    min-height: 40px;
    padding: 0 16px;
    color: var(--n-ink);
    background: none;
    border: 1px solid var(--n-line);
    border-radius: 20px;
    cursor: pointer;
  }
  button[aria-pressed="true"],
  button[aria-selected="true"],
  button.primary {
    background: var(--n-ink);
    border-color: var(--n-ink);
    color: var(--n-card);
  }
  button:disabled {
    cursor: progress;
    opacity: 0.6;
  }
  @media (hover: hover) {
    button:not([aria-pressed="true"], [aria-selected="true"], .primary):hover {
      background: color-mix(in srgb, var(--n-ink) 8%, transparent);
    }
  }
  :focus-visible {
    outline: 2px solid var(--n-focus);
    outline-offset: 2px;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    align-items: center;
  }
  .strip {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 12px;
    align-items: center;
    padding: 8px 12px;
    border-inline-start: 4px solid var(--strip, var(--n-pay));
    border-radius: 4px;
    background: color-mix(in srgb, var(--strip, var(--n-pay)) 14%, transparent);
  }
  .strip.warn {
    --strip: var(--n-warn);
  }
  .strip.bad {
    --strip: var(--n-bad);
    color: inherit;
  }
  .strip > :first-child {
    flex: 1 1 240px;
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (forced-colors: active) {
    button[aria-pressed="true"],
    button[aria-selected="true"],
    button.primary {
      forced-color-adjust: none;
      background: Highlight;
      color: HighlightText;
    }
  }
`;
