/** Savings in words, as a headline, a list of costs and a table. */
import { html, nothing, type TemplateResult } from "lit";
import type { LedgerRow } from "../../data/ledger";
import type { Home } from "../../data/home";
import type { TextKey } from "../../i18n/words";
import type { SavingBar } from "./model";

const CENT = 0.005;

const isLoss = (amount: number): boolean => amount <= -CENT;

/** Return what of a saving planning has done, such as "€11.80 of it by planning". */
export function planningText(home: Home, saved: number, byPlanning: number, currency: string): string {
  const { formats } = home;
  // More than all of it: without planning, the battery would have worn more than it saved.
  if (byPlanning > saved + CENT) {
    return home.text("screen_lost_without_planning", { sum: formats.money(byPlanning - saved, currency) });
  }
  const sum = formats.money(byPlanning, currency);
  return home.text(isLoss(byPlanning) ? "screen_lost_by_planning" : "screen_of_it_by_planning", { sum });
}

/** Return a bar in words, such as "Wed 25 Nov: saved €1.92, €0.60 of it by planning". */
export function barText(
  home: Home,
  { saved, byPlanning, expected }: SavingBar,
  name: string,
  currency: string,
): string {
  const parts: string[] = [];
  if (saved !== null) {
    const sum = home.formats.money(saved, currency);
    parts.push(home.text(isLoss(saved) ? "screen_bar_lost" : "screen_bar_saved", { sum }));
    if (byPlanning !== null) parts.push(planningText(home, saved, byPlanning, currency));
  }
  if (parts.length === 0) parts.push(home.text("screen_bar_nothing"));
  const booked = home.text("screen_day_saving", { day: name, sum: parts.join(", ") });
  if (expected === null) return `${booked}.`;
  return `${booked}. ${home.text("screen_bar_expected", { saving: home.saving(expected, currency) })}`;
}

/** Return the sum of a month, and what planning adds. */
export function headline(home: Home, bar: SavingBar | undefined, month: string, currency: string): TemplateResult {
  const { formats } = home;
  const name = formats.month(formats.zone.startOf(`${month}-01`));
  const saved = bar?.saved ?? null;
  if (saved === null) {
    return html`<h2>${name}</h2>
      <p class="quiet">${home.text("screen_nothing_booked_month")}</p>`;
  }
  return html`<h2>${home.text(isLoss(saved) ? "screen_lost_in" : "screen_saved_in", { month: name })}</h2>
    <div class="apart">
      <p class="sum number ${isLoss(saved) ? "bad" : "good"}">${formats.money(saved, currency)}</p>
      ${bar?.byPlanning == null ? nothing : html`<p class="quiet">${planningText(home, saved, bar.byPlanning, currency)}</p>`}
    </div>`;
}

/** Return what a span has cost, and would have cost on both baselines. */
export function costsList(home: Home, row: LedgerRow, currency: string): TemplateResult {
  const costs: readonly (readonly [TextKey, number | null])[] = [
    ["screen_baseline_real", row.cost],
    ["screen_baseline_self_use", row.self_consumption_cost],
    ["screen_baseline_none", row.no_battery_cost],
  ];
  return html`<dl class="facts small">
    ${costs.map(([name, cost]) =>
      cost === null
        ? nothing
        : html`<div>
            <dt class="quiet">${home.text(name)}</dt>
            <dd class="number">${home.cost(cost, currency)}</dd>
          </div>`,
    )}
  </dl>`;
}

export function savingsTable(
  home: Home,
  bars: readonly SavingBar[],
  currency: string,
  addressOf: (day: string) => string,
): TemplateResult {
  const sum = (amount: number | null): string => {
    if (amount === null) return "–";
    return `${isLoss(amount) ? "−" : ""}${home.formats.money(amount, currency)}`;
  };
  const columns: readonly TextKey[] = [
    "screen_day",
    "screen_legend_no_battery",
    "screen_legend_planning",
    "screen_legend_expected",
  ];
  const known = bars.filter(({ saved, expected }) => saved !== null || expected !== null);
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${home.text("screen_savings_table")}>
    <table class="number small">
      <thead>
        <tr>
          ${columns.map((text) => html`<th scope="col" class="quiet">${home.text(text)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${known.map(
          ({ key, start, saved, byPlanning, expected }) =>
            html`<tr>
              <th scope="row"><a href=${addressOf(key)}>${home.formats.day(start)}</a></th>
              <td>${sum(saved)}</td>
              <td>${sum(byPlanning)}</td>
              <td>${sum(expected)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
