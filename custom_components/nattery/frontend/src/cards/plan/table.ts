/** The plan as a table, for whoever reads numbers better than charts. */
import { html, type TemplateResult } from "lit";
import type { Home } from "../../data/home";
import type { TextKey } from "../../i18n/words";
import { actionName } from "../../ui/actions";
import type { Slot, Timeline } from "./model";

const COLUMNS: readonly TextKey[] = [
  "screen_time",
  "screen_action",
  "screen_you_pay",
  "screen_you_get",
  "screen_battery_at_end",
  "screen_sun",
  "screen_house",
  "screen_money",
];

export function planTable(home: Home, timeline: Timeline, currency: string, now: number): TemplateResult {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${home.text("screen_table_label")}>
    <table>
      <thead>
        <tr>
          ${COLUMNS.map((key) => html`<th scope="col">${home.text(key)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${timeline.slots.map(
          (slot) =>
            html`<tr class=${slot.start <= now && now < slot.end ? "present" : ""}>
              <th scope="row">${home.formats.weekday(slot.start)} ${home.formats.clock(slot.start)}</th>
              ${cellsOf(home, slot, currency).map((cell) => html`<td>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function cellsOf(home: Home, slot: Slot, currency: string): string[] {
  const { formats } = home;
  const shown = (value: number | null, show: (value: number) => string): string => (value === null ? "–" : show(value));
  return [
    slot.action ? actionName(home, slot.action) : "–",
    shown(slot.importPrice, (price) => formats.price(price, currency)),
    shown(slot.exportPrice, (price) => formats.price(price, currency)),
    shown(slot.socEnd ?? slot.plannedSoc, (soc) => formats.percent(soc)),
    shown(slot.pvKw ?? slot.plannedPvKw, (kw) => formats.power(kw)),
    shown(slot.loadKw ?? slot.plannedLoadKw, (kw) => formats.power(kw)),
    shown(slot.cost, (cost) => home.cost(cost, currency)),
  ];
}
