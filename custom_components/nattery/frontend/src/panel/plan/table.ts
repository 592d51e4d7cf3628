/** The table of the plan: a row for each run of the same action, which opens to its quarter-hours. */
import { html, nothing, type TemplateResult } from "lit";
import type { Timeline } from "../../cards/plan/model";
import type { Home } from "../../data/home";
import type { TextKey } from "../../i18n/words";
import { actionMark, actionName } from "../../ui/actions";
import { rowOf, type PlanRow } from "./model";

export interface TableView {
  readonly home: Home;
  readonly timeline: Timeline;
  readonly rows: readonly PlanRow[];
  readonly currency: string;
  readonly now: number;
  /** The instants at which the opened rows begin. */
  readonly opened: ReadonlySet<number>;
  readonly toggle: (start: number) => void;
}

interface Cell {
  readonly text: string;
  /** The same as it was planned or forecast. */
  readonly planned: string | undefined;
  /** Whether there is room for it on a wide screen only. */
  readonly isWide: boolean;
}

/** Names of the columns, and whether they are for a wide screen only. */
const COLUMNS: readonly (readonly [TextKey, boolean])[] = [
  ["screen_you_pay", true],
  ["screen_you_get", true],
  ["screen_exchange", true],
  ["screen_sun", true],
  ["screen_house", true],
  ["screen_battery_at_end", false],
  ["screen_money", false],
];
const CENT = 0.005;
const UNKNOWN = "–";

export function runTable(view: TableView): TemplateResult {
  const { home } = view;
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${home.text("screen_table_label")}>
    <table>
      <thead>
        <tr>
          <th scope="col">${home.text("screen_time")}</th>
          <th scope="col" class="action">${home.text("screen_action")}</th>
          ${COLUMNS.map(([key, isWide]) => html`<th scope="col" class=${isWide ? "wide" : ""}>${home.text(key)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${view.rows.map((row, index) => [
          dayRow(view, row, view.rows[index - 1]),
          runRow(view, row),
          view.opened.has(row.start) ? openedRows(view, row) : nothing,
        ])}
      </tbody>
    </table>
  </div>`;
}

/** Return a heading where a day begins, if there are several. */
function dayRow(
  { home, timeline }: TableView,
  row: PlanRow,
  before: PlanRow | undefined,
): TemplateResult | typeof nothing {
  const { formats } = home;
  const dayOf = (instant: number): string => formats.zone.dayOf(instant);
  if (dayOf(timeline.start) === dayOf(timeline.end - 1)) return nothing;
  if (before && dayOf(before.start) === dayOf(row.start)) return nothing;
  return html`<tr class="day">
    <th scope="rowgroup" colspan=${COLUMNS.length + 2}>${formats.day(row.start, true)}</th>
  </tr>`;
}

function runRow(view: TableView, row: PlanRow): TemplateResult {
  const { home, now } = view;
  const isOpen = view.opened.has(row.start);
  return html`<tr class="run ${row.start <= now && now < row.end ? "present" : ""}">
    <th scope="row">
      <button
        class="link"
        aria-expanded=${isOpen}
        @click=${() => {
          view.toggle(row.start);
        }}
      >
        <span aria-hidden="true">${isOpen ? "▾" : "▸"}</span>
        ${home.formats.clock(row.start)}–${home.formats.clock(row.end)}
      </button>
    </th>
    ${cells(view, row)}
  </tr>`;
}

/** Return the reason of a run, and its quarter-hours. */
function openedRows(view: TableView, row: PlanRow): TemplateResult {
  const { home, timeline, currency, now } = view;
  const sentences = home.sentences(currency);
  const slots = timeline.slots.slice(row.first, row.last + 1);
  return html`${
    row.reason
      ? html`<tr class="slot">
          <td class="why" colspan=${COLUMNS.length + 2}>
            ${sentences.sentence(row.reason, now)}
            <span class="quiet">${sentences.details(row.reason, now) ?? nothing}</span>
          </td>
        </tr>`
      : nothing
  }${slots.map((slot, index) => {
    const one = rowOf(timeline.slots, row.first + index, row.first + index);
    return html`<tr class="slot ${slot.start <= now && now < slot.end ? "present" : ""}">
      <th scope="row">${home.formats.clock(slot.start)}</th>
      ${one ? cells(view, one) : nothing}
    </tr>`;
  })}`;
}

function cells({ home, currency }: TableView, row: PlanRow): TemplateResult[] {
  const planned = row.plannedAction;
  const isOther = row.isBooked && planned !== null && planned !== row.action;
  return [
    html`<td class="action">
      ${row.action ? html`${actionMark(row.action)} ${actionName(home, row.action)}` : UNKNOWN}
      ${row.overrides.length > 0 ? html`<span class="quiet">${home.text("screen_you_decided_tag")}</span>` : nothing}
      ${isOther ? plannedText(home.text("screen_as_planned", { value: actionName(home, planned) })) : nothing}
    </td>`,
    ...numbers(home, row, currency).map(
      ({ text, planned: other, isWide }) =>
        html`<td class=${isWide ? "wide" : ""}>${text}${other === undefined ? nothing : plannedText(other)}</td>`,
    ),
  ];
}

function plannedText(text: string): TemplateResult {
  return html`<span class="planned quiet">${text}</span>`;
}

function numbers(home: Home, row: PlanRow, currency: string): Cell[] {
  const { formats } = home;
  const energy = (kwh: number | null): string => (kwh === null ? UNKNOWN : formats.energy(kwh));
  const beside = (came: string, planned: string, key: TextKey = "screen_as_planned"): string | undefined =>
    row.isBooked && planned !== UNKNOWN && planned !== came ? home.text(key, { value: planned }) : undefined;
  const cell = (index: number, text: string, planned?: string): Cell => ({
    text,
    planned,
    isWide: COLUMNS[index]?.[1] ?? false,
  });
  const money = (amount: number | null): string => (amount === null ? UNKNOWN : home.cost(amount, currency));
  const sun = energy(row.isBooked ? row.pvKwh : row.plannedPvKwh);
  const house = energy(row.isBooked ? row.loadKwh : row.plannedLoadKwh);
  const soc = row.socEnd === null ? UNKNOWN : formats.percent(row.socEnd);
  const plannedSoc = row.plannedSoc === null ? UNKNOWN : formats.percent(row.plannedSoc);
  const isNearly = row.cost !== null && row.plannedCost !== null && Math.abs(row.cost - row.plannedCost) < CENT;
  return [
    cell(0, range(home, row.importLow, row.importHigh, currency)),
    cell(1, range(home, row.exportLow, row.exportHigh, currency)),
    cell(2, range(home, row.spotLow, row.spotHigh, currency)),
    cell(3, sun, beside(sun, energy(row.plannedPvKwh), "screen_as_forecast")),
    cell(4, house, beside(house, energy(row.plannedLoadKwh), "screen_as_forecast")),
    cell(5, soc, beside(soc, plannedSoc)),
    cell(6, money(row.cost), isNearly ? undefined : beside(money(row.cost), money(row.plannedCost))),
  ];
}

/** Return prices as one, or from the lowest to the highest. */
function range(home: Home, low: number | null, high: number | null, currency: string): string {
  if (low === null || high === null) return UNKNOWN;
  const to = home.formats.price(high, currency);
  return home.formats.price(low, currency) === to ? to : `${home.formats.priceNumber(low, currency)} – ${to}`;
}
