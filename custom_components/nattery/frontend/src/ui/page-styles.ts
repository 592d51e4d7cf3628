/** Shapes that the pages share: cards, fields, pairs of a name and a value. */
import { css, html, type TemplateResult } from "lit";

/** Return the card that stands there until texts and data have come. */
export const skeletonCard = (): TemplateResult =>
  html`<ha-card aria-busy="true"><i class="bone"></i><i class="bone"></i><i class="bone"></i></ha-card>`;

export const pageStyles = css`
  ha-card {
    display: grid;
    gap: 12px;
    align-content: start;
    padding: 16px;
    background: var(--n-card);
    color: var(--n-ink);
  }
  h2 {
    font-size: 16px;
    font-weight: 600;
  }
  h3 {
    font-weight: 600;
  }
  .sum {
    font-size: 28px;
    font-weight: 600;
    line-height: 1.1;
  }
  .small {
    font-size: 13px;
  }
  .apart {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 16px;
    align-items: center;
    justify-content: space-between;
  }
  .field {
    display: grid;
    gap: 4px;
    align-content: start;
  }
  input,
  select {
    font: inherit;
    min-height: 40px;
    width: 100%;
    min-width: 0;
    padding: 0 12px;
    color: var(--n-ink);
    background: var(--n-card);
    border: 1px solid color-mix(in srgb, var(--n-ink) 45%, transparent);
    border-radius: 8px;
  }
  button.link,
  a.link {
    min-height: 40px;
    padding: 0 4px;
    border: 0;
    border-radius: 4px;
    color: var(--n-pay);
    text-decoration: underline;
  }
  a.link {
    display: inline-flex;
    align-items: center;
    width: fit-content;
  }
  summary {
    display: flex;
    flex-wrap: wrap;
    gap: 0 12px;
    align-items: center;
    min-height: 40px;
    cursor: pointer;
    list-style: none;
  }
  summary::-webkit-details-marker {
    display: none;
  }
  summary::before {
    content: "▸";
    width: 12px;
    color: var(--n-ink-2);
  }
  details[open] > summary::before {
    content: "▾";
  }
  .facts {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 220px), 1fr));
    gap: 0 24px;
  }
  .facts > div {
    display: flex;
    gap: 12px;
    justify-content: space-between;
    padding: 6px 0;
    border-bottom: 1px solid var(--n-line);
  }
  .facts dd {
    text-align: end;
  }
  .bone {
    display: block;
    height: 72px;
    border-radius: 8px;
    background: color-mix(in srgb, var(--n-ink) 7%, transparent);
  }
  .lost {
    filter: saturate(0.2);
  }
`;
