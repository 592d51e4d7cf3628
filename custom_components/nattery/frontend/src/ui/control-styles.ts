import { css } from "lit";

export const controlStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    gap: 12px;
  }
  .outcome:not(:has(*)) {
    margin-top: -12px; /* no gap for what is not there; hidden, it would not be read out */
  }
  .strip > :first-child {
    flex-basis: 160px;
  }
  .strip button {
    border-color: var(--n-ink-2);
  }
  .strip.done {
    --strip: var(--n-good);
  }
  .segments {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(60px, 1fr));
    gap: 4px;
  }
  .segments button {
    display: grid;
    gap: 2px;
    place-items: center;
    min-height: 56px;
    padding: 6px 2px;
    font-size: 13px;
    line-height: 1.2;
    overflow-wrap: anywhere;
    border-radius: 10px;
  }
  .offer {
    display: grid;
    gap: 10px;
    padding: 12px;
    border: 1px solid var(--n-focus);
    border-radius: 10px;
  }
  input[type="time"],
  input[type="number"],
  input[type="datetime-local"] {
    font: inherit;
    min-height: 40px;
    max-width: 100%;
    padding: 0 12px;
    color: inherit;
    background: none;
    border: 1px solid var(--n-line);
    border-radius: 20px;
  }
  input[type="range"] {
    width: 100%;
    min-height: 40px;
    margin: -4px 0 -8px;
    accent-color: var(--n-pay);
  }
  .apart {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 16px;
    align-items: center;
    justify-content: space-between;
  }
  .small {
    font-size: 13px;
  }
  button.text {
    min-height: 40px;
    margin-block: -8px;
    padding: 0 4px;
    border: 0;
    border-radius: 4px;
    color: var(--n-pay);
    text-decoration: underline;
  }
`;
