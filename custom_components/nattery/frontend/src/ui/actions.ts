/** How the four actions look: a word, a colour, and a sign that says the same without colour. */
import { html, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import type { ActionKind } from "../data/api";
import type { Home } from "../data/home";
import type { TextKey } from "../i18n/words";

export const ACTIONS: readonly ActionKind[] = ["charge", "hold", "self_consume", "discharge"];

const WORDS: Readonly<Record<ActionKind, TextKey>> = {
  self_consume: "screen_action_self_consume",
  hold: "screen_action_hold",
  charge: "screen_action_charge",
  discharge: "screen_action_discharge",
};

/** Paths in a square of 10 by 10: a house, a pause sign, up, down. */
const SIGNS: Readonly<Record<ActionKind, string>> = {
  self_consume: "M5 1 9 4.6V9H1V4.6Z",
  hold: "M2.4 1.5H4.2V8.5H2.4ZM5.8 1.5H7.6V8.5H5.8Z",
  charge: "M5 2 9 7.5H1Z",
  discharge: "M5 8 1 2.5H9Z",
};

export function actionName(home: Home, action: ActionKind): string {
  return home.text(WORDS[action]);
}

/** Return the sign of an action, its upper left corner at a place. */
export function actionSign(action: ActionKind, x: number, y: number): SVGTemplateResult {
  return svg`<path class="sign" transform="translate(${x} ${y})" d=${SIGNS[action]}></path>`;
}

/** Return the sign of an action in its colours, for a line of text. */
export function actionMark(action: ActionKind): TemplateResult {
  return html`<svg class="mark ${action}" viewBox="-3 -3 16 16" aria-hidden="true">
    <rect x="-2.5" y="-2.5" width="15" height="15" rx="3"></rect>
    ${actionSign(action, 0, 0)}
  </svg>`;
}
