import { css } from "lit";

/** The small signs of actions in a line of text. */
export const marks = css`
  .mark {
    width: 16px;
    height: 16px;
    flex: none;
    vertical-align: -3px;
  }
  .mark rect {
    fill: var(--n-self);
    stroke: var(--n-ink-2);
    stroke-width: 0.8;
  }
  .mark .sign {
    fill: var(--n-on-self);
  }
  .mark.charge rect {
    fill: var(--n-charge);
    stroke: none;
  }
  .mark.charge .sign {
    fill: var(--n-on-charge);
  }
  .mark.discharge rect {
    fill: var(--n-discharge);
    stroke: none;
  }
  .mark.discharge .sign {
    fill: var(--n-on-discharge);
  }
  .mark.hold rect {
    fill: var(--n-card);
    stroke: var(--n-hold);
    stroke-dasharray: 2 1;
  }
  .mark.hold .sign {
    fill: var(--n-ink);
  }
`;
