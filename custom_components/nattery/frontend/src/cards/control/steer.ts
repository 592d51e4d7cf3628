/** "What should it do?": the plan or another action until an end, with what it costs before it is set. */
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import type { ActionKind } from "../../data/api";
import type { Home } from "../../data/home";
import { verdictText, WhatIfController } from "../../data/what_if";
import { actionMark, actionName } from "../../ui/actions";
import { ControlPart } from "../../ui/control-part";
import { controlStyles } from "../../ui/control-styles";
import { marks } from "../plan/marks";
import { colours, shapes } from "../../ui/styles";
import { changeOf, CHOICES, instantOf, presentOverride, suggestedTime, type Choice, type End } from "./model";

const PLAN_MARK = html`<svg class="mark plan" viewBox="-3 -3 16 16" aria-hidden="true">
  <path d="M-1 10V5h3v5zM3.5 10V0h3v10zM8 10V3h3v7z"></path>
</svg>`;
const ENDS: readonly number[] = [60, 120];

export class SteerPart extends ControlPart {
  @state() private chosen: Choice | undefined;
  @state() private end: End = 60;
  private readonly whatIf = new WhatIfController(this);

  protected override view(home: Home): TemplateResult {
    const present = presentOverride(this.plan, this.now);
    const current: Choice = present?.action ?? "plan";
    return html`<div class="segments" role="group" aria-label=${home.text("screen_what_should_it_do")}>
        ${CHOICES.map(
          (choice) =>
            html`<button
              aria-pressed=${(this.chosen ?? current) === choice}
              @click=${() => {
                this.choose(choice, current);
              }}
            >
              ${choice === "plan" ? PLAN_MARK : actionMark(choice)} <span>${this.nameOf(choice)}</span>
            </button>`,
        )}
      </div>
      ${this.chosen === undefined ? nothing : this.offer(this.chosen)}${this.outcome()}`;
  }

  private offer(chosen: Choice): TemplateResult {
    const { home } = this;
    const until = this.until();
    return html`<div class="offer">
      ${chosen === "plan" ? nothing : this.ends()}
      <p aria-live="polite">
        <strong>${this.sentence(chosen, until)}</strong>
        ${
          until === null
            ? nothing
            : html`<span class="quiet">${this.whatIf.error || verdictText(home, this.whatIf.answer, this.now)}</span>`
        }
      </p>
      <div class="row">
        <button class="primary" ?disabled=${this.isBusy || until === null} @click=${this.set}>
          ${home.text(chosen === "plan" ? "screen_back_to_plan" : "screen_set_override")}
        </button>
        <button @click=${this.cancel}>${home.text("screen_cancel")}</button>
      </div>
    </div>`;
  }

  private ends(): TemplateResult {
    const { home } = this;
    const isTime = typeof this.end === "string";
    return html`<div class="row" role="group" aria-label=${home.text("screen_how_long")}>
      ${ENDS.map(
        (minutes) =>
          html`<button
            aria-pressed=${this.end === minutes}
            @click=${() => {
              this.endAt(minutes);
            }}
          >
            ${home.text("screen_hours", { count: home.formats.number(minutes / 60) })}
          </button>`,
      )}
      ${
        isTime
          ? html`<label
              >${home.text("screen_until_label")}
              <input
                type="time"
                .value=${this.end}
                @change=${(event: Event) => {
                  this.endAt((event.currentTarget as HTMLInputElement).value);
                }}
            /></label>`
          : html`<button
              aria-pressed="false"
              @click=${() => {
                this.endAt(suggestedTime(this.now, home.formats.zone));
              }}
            >
              ${home.text("screen_until_label")} …
            </button>`
      }
    </div>`;
  }

  private sentence(chosen: Choice, until: number | null): string {
    const { home } = this;
    if (chosen === "plan") return `${home.text("screen_back_to_plan")}:`;
    if (until === null) return home.text("screen_choose_end");
    const { formats } = home;
    const isToday = formats.zone.dayOf(until) === formats.zone.dayOf(this.now);
    const time = isToday ? formats.clock(until) : `${formats.weekday(until)} ${formats.clock(until)}`;
    return `${actionName(home, chosen)} ${home.text("screen_until", { time })}:`;
  }

  private nameOf(choice: Choice): string {
    return choice === "plan" ? this.home.text("screen_choice_plan") : actionName(this.home, choice);
  }

  private choose(choice: Choice, current: Choice): void {
    this.clearError();
    if (choice === this.chosen || (choice === "plan" && current === "plan")) {
      this.cancel();
      return;
    }
    this.chosen = choice;
    this.ask();
  }

  private endAt(end: End): void {
    this.end = end;
    this.ask();
  }

  private readonly cancel = (): void => {
    this.chosen = undefined;
    this.whatIf.stop();
  };

  private until(): number | null {
    return instantOf(this.end, this.now, this.home.formats.zone);
  }

  private ask(): void {
    const until = this.until();
    if (this.chosen === undefined || until === null) return;
    const { set, clear } = changeOf(this.chosen, until, this.plan, this.now);
    this.whatIf.ask(this.home, this.entry.entry_id, {
      ...(set ? { overrides: set } : {}),
      ...(Array.isArray(clear) ? { clear: clear as string[] } : {}),
    });
  }

  private readonly set = async (): Promise<void> => {
    const { chosen, home } = this;
    // The clock of this element may be a minute late; an hour is to be an hour from now.
    const now = Math.max(this.now, Date.now());
    const until = instantOf(this.end, now, home.formats.zone);
    if (chosen === undefined || until === null) return;
    await this.run(async () => {
      const { undo } = await this.changeOverrides(changeOf(chosen, until, this.plan, this.now));
      this.cancel();
      const text = chosen === "plan" ? home.text("screen_follows_plan") : this.doneText(chosen, until);
      this.offerUndo(text, () => this.changeOverrides(undo));
    });
  };

  private doneText(action: ActionKind, until: number): string {
    return `${actionName(this.home, action)} ${this.home.text("screen_until", { time: this.home.formats.clock(until) })}.`;
  }

  static override readonly styles = [
    colours,
    shapes,
    marks,
    controlStyles,
    css`
      .mark.plan {
        fill: currentcolor;
      }
    `,
  ];
}

if (!customElements.get("nattery-steer")) customElements.define("nattery-steer", SteerPart);
