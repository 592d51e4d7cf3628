import { css } from "lit";

export const flowStyles = css`
  .body {
    display: flex;
    flex: 1;
    flex-direction: column;
    gap: 12px;
  }
  .old {
    filter: grayscale(1);
    opacity: 0.75;
  }
  .old .value {
    text-decoration: line-through;
  }
  .flow {
    display: grid;
    flex: 1;
    gap: 8px;
    align-content: center;
  }
  .diagram {
    position: relative;
    direction: ltr;
  }
  svg {
    display: block;
    width: 100%;
  }
  button.node {
    position: absolute;
    min-height: 44px;
    padding: 0;
    line-height: 1.35;
    border: 0;
    border-radius: 4px;
    transform: translateY(-50%);
    font-variant-numeric: tabular-nums;
  }
  button.node:disabled {
    cursor: default;
    opacity: 1;
  }
  .node.source {
    inset-inline-start: 0;
    text-align: end;
  }
  .node.sink {
    inset-inline-end: 0;
    text-align: start;
  }
  .idle,
  .idle strong {
    font-weight: 400;
    color: var(--n-ink-2);
  }
  .sun {
    --part: var(--n-sun);
  }
  .house {
    --part: var(--n-house);
  }
  .grid.source {
    --part: var(--n-pay);
  }
  .grid.sink {
    --part: var(--n-get);
  }
  .battery.source {
    --part: var(--n-discharge);
  }
  .battery.sink {
    --part: var(--n-charge);
  }
  .bar {
    fill: var(--part);
    background: var(--part);
  }
  .ribbon {
    fill: var(--part);
    opacity: 0.35;
  }
  .balance {
    display: flex;
    gap: 2px;
    height: 14px;
    margin: 4px 0;
  }
  .balance i {
    flex: 0 1 0;
    min-width: 3px;
    border-radius: 3px;
    transition: flex-grow 200ms;
  }
  .dot {
    display: inline-block;
    width: 10px;
    height: 10px;
    border-radius: 3px;
  }
  .prices {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 20px;
    justify-content: space-between;
    padding-top: 10px;
    margin-top: auto;
    border-top: 1px solid var(--n-line);
  }
  .line {
    display: inline-block;
    width: 18px;
    margin-inline-end: 6px;
    vertical-align: middle;
    border-top: 2px solid var(--n-pay);
  }
  .line.get {
    border-top: 2px dashed var(--n-get);
  }
  @media (prefers-reduced-motion: reduce) {
    .balance i {
      transition: none;
    }
  }
  @media (forced-colors: active) {
    .bar,
    .ribbon {
      forced-color-adjust: none;
      --part: CanvasText;
    }
  }
`;
