import { css } from "lit";

export const cardStyles = css`
  ha-card {
    display: grid;
    gap: 12px;
    padding: 16px;
    container-type: inline-size;
    background: var(--n-card);
    color: var(--n-ink);
  }
  ha-card > * {
    min-width: 0;
  }
  .lost nattery-plan-chart,
  .lost .money {
    filter: grayscale(1);
  }
  .lost nattery-plan-chart {
    opacity: 0.75;
  }
  header {
    display: grid;
    grid-template: "name name" auto "head money" auto "why money" 1fr / 1fr auto;
    gap: 2px 16px;
  }
  .name {
    grid-area: name;
  }
  h2 {
    grid-area: head;
  }
  .money {
    grid-area: money;
  }
  .why {
    grid-area: why;
  }
  @container (max-width: 560px) {
    header {
      grid-template-areas: "name name" "head money" "why why";
    }
    h2 {
      font-size: 20px;
    }
    .row {
      gap: 6px;
    }
    button,
    .chip {
      padding: 0 8px;
    }
  }
  h2 {
    font-size: 22px;
    line-height: 1.3;
  }
  h2 .mark {
    width: 20px;
    height: 20px;
    vertical-align: -3px;
  }
  .money {
    text-align: end;
  }
  .sum {
    font-size: 20px;
    font-weight: 600;
  }
  .small {
    font-size: 13px;
  }
  .strip.done {
    --strip: var(--n-good);
  }
  .day {
    position: relative;
    display: inline-grid;
    place-items: center;
  }
  .day.chosen {
    background: var(--n-ink);
    color: var(--n-card);
  }
  .day:focus-within {
    outline: 2px solid var(--n-focus);
    outline-offset: 2px;
  }
  .day input {
    position: absolute;
    inset: 0;
    width: 100%;
    opacity: 0;
    cursor: pointer;
  }
  nattery-plan-chart {
    margin-inline: -4px;
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 16px;
    font-size: 13px;
  }
  .legend span {
    display: inline-flex;
    gap: 6px;
    align-items: center;
  }
  .legend i {
    width: 20px;
    border-top: 2px solid;
  }
  .legend .pay {
    border-color: var(--n-pay);
  }
  .legend .get {
    border-color: var(--n-get);
    border-top-style: dashed;
  }
  .legend .soc {
    border-color: var(--n-ink);
  }
  .legend .sun {
    border-top-width: 8px;
    border-color: color-mix(in srgb, var(--n-sun) 60%, transparent);
  }
  .legend .house {
    border-color: var(--n-house);
  }
  .details {
    display: grid;
    gap: 10px;
    padding-top: 12px;
    border-top: 1px solid var(--n-line);
  }
  h3 {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 8px;
    align-items: center;
    font-weight: 600;
  }
  h3 .quiet {
    font-weight: 400;
    font-size: 13px;
  }
  .tag {
    padding: 0 8px;
    font-size: 13px;
    border: 1px solid var(--n-ink);
    border-radius: 12px;
  }
  dl {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(92px, 1fr));
    gap: 8px 12px;
  }
  dt {
    font-size: 13px;
  }
  .reason {
    line-height: 1.45;
  }
  button.link {
    min-height: 0;
    padding: 6px 4px;
    margin: -6px 0;
    border: 0;
    border-radius: 4px;
    color: var(--n-pay);
    text-decoration: underline;
  }
  .end {
    justify-content: flex-end;
  }
  .scroll {
    max-height: 420px;
    overflow: auto;
  }
  table {
    width: 100%;
    font-size: 13px;
    border-collapse: collapse;
    font-variant-numeric: tabular-nums;
  }
  th,
  td {
    padding: 4px 8px;
    text-align: end;
    white-space: nowrap;
    border-bottom: 1px solid var(--n-line);
  }
  th:is(:first-child, :nth-child(2)),
  td:nth-child(2) {
    text-align: start;
  }
  thead th {
    position: sticky;
    top: 0;
    white-space: normal;
    background: var(--n-card);
  }
  tr.present {
    background: color-mix(in srgb, var(--n-focus) 18%, transparent);
  }
  .message {
    display: grid;
    gap: 16px;
    place-items: center;
    padding: 32px 16px;
    text-align: center;
  }
  .message .chip {
    display: inline-grid;
    place-items: center;
    text-decoration: none;
  }
  .skeleton {
    display: grid;
    gap: 12px;
  }
  .skeleton i {
    height: 22px;
    max-width: 60%;
    border-radius: 8px;
    background: color-mix(in srgb, var(--n-ink) 8%, transparent);
  }
  .skeleton .lane,
  .skeleton .ribbon {
    max-width: none;
  }
  .skeleton .lane {
    height: 140px;
  }
`;
