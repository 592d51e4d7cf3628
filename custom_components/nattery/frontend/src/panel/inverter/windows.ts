/** The daily charge and discharge windows on a clock of 24 hours, with their times, which can be changed. */
import { css, html, nothing, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import type { Registers, SiteEntry } from "../../data/api";
import type { CommandError } from "../../data/hass";
import type { Home } from "../../data/home";
import type { TextKey } from "../../i18n/words";
import { NatteryElement } from "../../ui/element";
import { pageStyles } from "../../ui/page-styles";
import { colours, shapes } from "../../ui/styles";
import { arcPath, middleOf, pointAt } from "./geometry";
import { enteredOf, minutesOf, windowsOf, writesOf, type DailyWindow } from "./model";
import { timeText } from "./values";
import { writeRegister } from "./write";

const SIZE = 240;
const CENTRE = SIZE / 2;
const RADIUS = { charge: 92, discharge: 74 } as const;
const HOURS = [0, 3, 6, 9, 12, 15, 18, 21];
const NAMES: Readonly<Record<DailyWindow["kind"], TextKey>> = {
  charge: "screen_window_charge",
  discharge: "screen_window_discharge",
};
const SIGNS = { charge: "▲", discharge: "▼" } as const;

interface Edit {
  readonly symbol: string; // of the window's start
  readonly from: string;
  readonly until: string;
}

export class WindowsPart extends NatteryElement {
  @property({ attribute: false }) entry!: SiteEntry;
  @property({ attribute: false }) registers!: Registers;
  @property({ attribute: false }) now = 0;
  /** Whether trading sets the windows now. */
  @property({ attribute: false }) isAutomatic = false;
  @state() private edit: Edit | undefined;
  @state() private isBusy = false;
  @state() private error = "";
  @state() private outcome = "";

  protected override view(home: Home): TemplateResult {
    const windows = windowsOf(this.registers);
    return html`<ha-card>
      <h2>${home.text("screen_windows")}</h2>
      ${
        this.isAutomatic
          ? html`<div class="strip">
              <p>${home.text("screen_windows_controlled")}</p>
              <a class="link" href="/nattery/control${location.search}">${home.text("screen_to_control")}</a>
            </div>`
          : nothing
      }
      <div class="whole">
        ${this.ring(home, windows)}
        <ul>
          ${windows.map((window) => this.line(home, window))}
        </ul>
      </div>
    </ha-card>`;
  }

  private ring(home: Home, windows: readonly DailyWindow[]): TemplateResult {
    const used = windows.filter(({ isUsed }) => isUsed);
    const said = used.map((window) => `${nameText(home, window)}: ${spanText(home, window)}`);
    const { hour, minute } = home.formats.zone.local(this.now);
    const minuteOfDay = hour * 60 + minute;
    const [inner, outer] = [pointAt(minuteOfDay, 60, CENTRE), pointAt(minuteOfDay, 104, CENTRE)];
    return html`<svg
      viewBox="0 0 ${SIZE} ${SIZE}"
      role="img"
      aria-label=${said.length > 0 ? said.join(". ") : home.text("screen_windows_none")}
    >
      <circle class="track" cx=${CENTRE} cy=${CENTRE} r=${RADIUS.charge}></circle>
      <circle class="track" cx=${CENTRE} cy=${CENTRE} r=${RADIUS.discharge}></circle>
      ${HOURS.map((hours) => this.hour(hours))} ${used.map((window) => arc(window))}
      <line class="hand" x1=${inner.x} y1=${inner.y} x2=${outer.x} y2=${outer.y}></line>
      <text class="time" x=${CENTRE} y=${CENTRE}>${home.formats.clock(this.now)}</text>
    </svg>`;
  }

  private hour(hours: number): SVGTemplateResult {
    const { x, y } = pointAt(hours * 60, 112, CENTRE);
    return svg`<text class="hour" x=${x} y=${y}>${hours}</text>`;
  }

  private line(home: Home, window: DailyWindow): TemplateResult {
    const isOpen = this.edit?.symbol === window.start.symbol;
    const isWritable = !this.isAutomatic || !window.start.controlled;
    return html`<li class=${window.isUsed ? "" : "unused"}>
      <div class="apart">
        <span>
          <b class=${window.kind} aria-hidden="true">${SIGNS[window.kind]}</b> ${nameText(home, window)}
          ${window.isPending ? html`<span class="small">${home.text("screen_pending")}</span>` : nothing}
        </span>
        <span class="row number">
          ${spanText(home, window)}
          ${
            isWritable && !isOpen
              ? html`<button
                  class="link"
                  aria-label="${home.text("screen_change")} ${nameText(home, window)}"
                  @click=${() => {
                    this.open(window);
                  }}
                >
                  ${home.text("screen_change")}
                </button>`
              : nothing
          }
        </span>
      </div>
      ${isOpen && this.edit ? this.form(home, window, this.edit) : nothing}
    </li>`;
  }

  private form(home: Home, window: DailyWindow, edit: Edit): TemplateResult {
    if (this.outcome) return html`<p class="good" role="status">✓ ${this.outcome}</p>`;
    const isValid = [edit.from, edit.until].every((time) => "value" in enteredOf(window.start, time));
    const writes = isValid ? writesOf(window, edit.from, edit.until) : [];
    const field = (name: "from" | "until", text: TextKey): TemplateResult =>
      html`<label class="field">
        <span class="small quiet">${home.text(text)}</span>
        <input
          type="time"
          .value=${edit[name]}
          @input=${(event: Event) => {
            this.edit = { ...edit, [name]: (event.currentTarget as HTMLInputElement).value };
            this.error = "";
          }}
        />
      </label>`;
    return html`<form
      @submit=${(event: Event) => {
        event.preventDefault();
        if (writes.length > 0) void this.write(home, window, edit, writes);
      }}
    >
      <div class="fields">${field("from", "screen_from_label")} ${field("until", "screen_until_label")}</div>
      ${
        writes.length > 0
          ? html`<p class="number">
              ${spanText(home, window)} <span aria-hidden="true">→</span>
              <span class="hidden">${home.text("screen_becomes")}</span>
              <b>${timesText(home, edit.from, edit.until)}</b>
            </p>`
          : nothing
      }
      <div class="row">
        ${
          writes.length > 0
            ? html`<button class="primary" ?disabled=${this.isBusy}>
                ${home.text(this.isBusy ? "screen_writing" : "screen_write")}
              </button>`
            : nothing
        }
        ${
          window.isUsed && edit.from !== edit.until
            ? html`<button
                type="button"
                @click=${() => {
                  this.edit = { ...edit, from: "00:00", until: "00:00" };
                }}
              >
                ${home.text("screen_window_unuse")}
              </button>`
            : nothing
        }
        <button type="button" @click=${this.close}>${home.text("screen_cancel")}</button>
        ${this.error ? html`<p class="bad" role="alert">${this.error}</p>` : nothing}
      </div>
    </form>`;
  }

  private open(window: DailyWindow): void {
    this.edit = { symbol: window.start.symbol, from: window.from ?? "", until: window.until ?? "" };
    this.error = "";
    this.outcome = "";
  }

  private readonly close = (): void => {
    this.edit = undefined;
  };

  private async write(
    home: Home,
    window: DailyWindow,
    edit: Edit,
    writes: readonly { symbol: string; value: string }[],
  ): Promise<void> {
    if (this.isBusy) return;
    this.error = "";
    this.isBusy = true;
    const old = spanText(home, window);
    try {
      for (const { symbol, value } of writes) await writeRegister(home, this.entry.entry_id, symbol, value);
      this.outcome = home.text("screen_written", { old, new: timesText(home, edit.from, edit.until) });
    } catch (error) {
      this.error = await home.errorText(error as CommandError);
    } finally {
      this.isBusy = false;
    }
  }

  static override readonly styles = [
    colours,
    shapes,
    pageStyles,
    css`
      .whole {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 240px), 1fr));
        gap: 16px;
        align-items: center;
      }
      svg {
        display: block;
        width: 100%;
        max-width: 260px;
        margin: 0 auto;
      }
      circle,
      path {
        fill: none;
        stroke-width: 14;
      }
      .track {
        stroke: color-mix(in srgb, var(--n-ink) 8%, transparent);
      }
      path.charge {
        stroke: var(--n-charge);
      }
      path.discharge {
        stroke: var(--n-discharge);
      }
      b.charge {
        color: var(--n-charge);
      }
      b.discharge {
        color: var(--n-discharge);
      }
      .hand {
        stroke: var(--n-ink);
        stroke-width: 2;
      }
      text {
        fill: var(--n-ink-2);
        font-size: 12px;
        text-anchor: middle;
        dominant-baseline: central;
      }
      text.time {
        fill: var(--n-ink);
        font-size: 22px;
      }
      text.on-charge {
        fill: var(--n-on-charge);
        font-size: 10px;
      }
      text.on-discharge {
        fill: var(--n-on-discharge);
        font-size: 10px;
      }
      ul {
        display: grid;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: grid;
        gap: 8px;
        padding: 2px 0;
        border-bottom: 1px solid var(--n-line);
      }
      li .apart {
        min-height: 40px;
      }
      li.unused {
        color: var(--n-ink-2);
      }
      form {
        display: grid;
        gap: 8px;
        padding-bottom: 12px;
      }
      .fields {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 8px;
        max-width: 320px;
      }
    `,
  ];
}

function nameText(home: Home, { kind, number }: DailyWindow): string {
  return home.text(NAMES[kind], { number: number === null ? "" : home.formats.number(number) });
}

function spanText(home: Home, { from, until }: DailyWindow): string {
  return from === null || until === null ? home.text("screen_value_unknown") : timesText(home, from, until);
}

function timesText(home: Home, from: string, until: string): string {
  if (from === until) return home.text("screen_window_unused");
  return home.text("screen_times", { from: timeText(home, from), until: timeText(home, until) });
}

function arc({ kind, from, until }: DailyWindow): SVGTemplateResult {
  const [start, end] = [minutesOf(from ?? ""), minutesOf(until ?? "")];
  const radius = RADIUS[kind];
  const { x, y } = pointAt(middleOf(start, end), radius, CENTRE);
  return svg`<path class=${kind} d=${arcPath(start, end, radius, CENTRE)}></path>
    <text class="on-${kind}" x=${x} y=${y}>${SIGNS[kind]}</text>`;
}

if (!customElements.get("nattery-windows")) customElements.define("nattery-windows", WindowsPart);
