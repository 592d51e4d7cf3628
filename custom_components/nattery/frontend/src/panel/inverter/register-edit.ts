/** Changes one register: the new value with its bounds, old to new, a confirmation by risk, and what was read back. */
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import type { RegisterRow, RegisterValue, SiteEntry } from "../../data/api";
import type { CommandError } from "../../data/hass";
import type { Home } from "../../data/home";
import { fire, NatteryElement } from "../../ui/element";
import { pageStyles } from "../../ui/page-styles";
import { colours, shapes } from "../../ui/styles";
import { confirmationOf, editorOf, enteredOf, type Problem } from "./model";
import { choiceText, numberText, valueText } from "./values";
import { writeRegister, writtenText } from "./write";

export class RegisterEdit extends NatteryElement {
  @property({ attribute: false }) entry!: SiteEntry;
  @property({ attribute: false }) row!: RegisterRow;
  @property({ attribute: false }) value: RegisterValue | undefined;
  @property({ attribute: false }) limit = 0;
  @state() private text: string | undefined;
  @state() private typed = "";
  @state() private isAsking = false;
  @state() private isBusy = false;
  @state() private error = "";
  @state() private outcome = "";

  protected override view(home: Home): TemplateResult {
    if (this.outcome) {
      return html`<div class="row" role="status">
        <p class="good outcome">✓ ${this.outcome}</p>
        <button class="link" @click=${this.close}>${home.text("screen_close")}</button>
      </div>`;
    }
    return editorOf(this.row, false) === "clock" ? this.clock(home) : this.form(home);
  }

  override updated(): void {
    if (this.hasFocused || !this.home?.words.isReady) return;
    this.hasFocused = true;
    this.renderRoot.querySelector<HTMLElement>("input, select, button")?.focus();
  }
  private hasFocused = false;

  private clock(home: Home): TemplateResult {
    return html`<p>${home.text("screen_clock_explained")}</p>
      <div class="row">
        <button class="primary" ?disabled=${this.isBusy} @click=${() => void this.syncClock(home)}>
          ${home.text("screen_clock_set")}
        </button>
        <button @click=${this.close}>${home.text("screen_cancel")}</button>
      </div>
      ${this.failure()}`;
  }

  private form(home: Home): TemplateResult {
    const { row } = this;
    const entered = this.text === undefined ? undefined : enteredOf(row, this.text);
    const problem = entered && "problem" in entered ? entered.problem : undefined;
    const value = entered && "value" in entered ? entered.value : undefined;
    const isSame = value !== undefined && row.access !== "W" && value === this.value?.value;
    const isReady = value !== undefined && !isSame;
    const confirmation = confirmationOf(row, this.value, this.limit);
    const isTyped = confirmation !== "type" || this.typed.trim() === row.symbol;
    return html`<form
      @submit=${(event: Event) => {
        event.preventDefault();
        if (!isReady || !isTyped) return;
        if (confirmation === "confirm" && !this.isAsking) this.isAsking = true;
        else void this.write(home, value, confirmation === "type");
      }}
    >
      <div class="fields">
        <label class="field">
          <span class="small quiet">${home.text(row.access === "W" ? "screen_command" : "screen_new_value")}</span>
          ${this.input(home)}
        </label>
        ${isReady && confirmation === "type" ? this.typing(home) : nothing}
      </div>
      <p class="small ${problem ? "bad" : "quiet"}" aria-live="polite">
        ${problem ? problemText(home, row, problem) : this.hint(home)}
      </p>
      ${isReady ? this.change(home, value) : nothing}
      ${this.isAsking && isReady ? html`<p role="alert">${this.question(home)}</p>` : nothing}
      <div class="row">
        ${
          isReady && isTyped
            ? html`<button class="primary" ?disabled=${this.isBusy}>
                ${home.text(this.isBusy ? "screen_writing" : this.isAsking ? "screen_write_yes" : "screen_write")}
              </button>`
            : nothing
        }
        <button type="button" @click=${this.close}>${home.text("screen_cancel")}</button>
        ${this.failure()}
      </div>
    </form>`;
  }

  private input(home: Home): TemplateResult {
    const { row } = this;
    const current = row.access === "W" ? "" : String(this.value?.value ?? "");
    const text = this.text ?? current;
    const choices =
      row.kind === "flag"
        ? [1, 0].map((value) => ({ value, name: home.text(value ? "on" : "off") }))
        : row.choices.map(({ value }) => ({ value, name: choiceText(home, row, value) }));
    if (choices.length > 0) {
      return html`<select @change=${this.enter}>
        ${choices.some(({ value }) => String(value) === text) ? nothing : html`<option value="" selected></option>`}
        ${choices.map(
          ({ value, name }) => html`<option value=${value} ?selected=${String(value) === text}>${name}</option>`,
        )}
      </select>`;
    }
    const isTime = row.kind === "time";
    return html`<input
      type=${isTime ? "time" : "text"}
      inputmode=${isTime ? nothing : "decimal"}
      autocomplete="off"
      .value=${text}
      @input=${this.enter}
    />`;
  }

  private typing(home: Home): TemplateResult {
    return html`<label class="field">
      <span class="small quiet">${home.text("screen_type_to_confirm", { symbol: this.row.symbol })}</span>
      <input
        autocomplete="off"
        spellcheck="false"
        .value=${this.typed}
        @input=${(event: Event) => {
          this.typed = (event.currentTarget as HTMLInputElement).value;
        }}
      />
    </label>`;
  }

  private hint(home: Home): TemplateResult {
    const { row } = this;
    const parts = [];
    if (row.risk === "risky") parts.push(home.text("screen_risky"));
    if (row.low !== null && row.high !== null && row.choices.length === 0 && row.kind !== "flag") {
      parts.push(problemText(home, row, { text: "screen_enter_between", values: { low: row.low, high: row.high } }));
    }
    if (row.access !== "W") {
      const count = home.formats.number(this.value?.writes_today ?? 0);
      parts.push(home.text("screen_writes_today", { count, limit: home.formats.number(this.limit) }));
    }
    return html`${parts.join(" ")}`;
  }

  private change(home: Home, value: number | string): TemplateResult {
    const next = valueText(home, this.row, value);
    if (this.row.access === "W") return html`<p class="change number">${next}</p>`;
    return html`<p class="change number">
      ${valueText(home, this.row, this.value?.value)} <span aria-hidden="true">→</span>
      <span class="hidden">${home.text("screen_becomes")}</span> <b>${next}</b>
    </p>`;
  }

  private question(home: Home): string {
    if (this.row.access === "W") return home.text("screen_confirm_command");
    return home.text("screen_confirm_worn", { count: home.formats.number(this.value?.writes_today ?? 0) });
  }

  private failure(): TemplateResult | typeof nothing {
    return this.error ? html`<p class="bad" role="alert">${this.error}</p>` : nothing;
  }

  private readonly enter = (event: Event): void => {
    this.text = (event.currentTarget as HTMLInputElement).value;
    this.error = "";
    this.isAsking = false;
  };

  private readonly close = (): void => {
    fire(this, "edit-closed");
  };

  private write(home: Home, value: number | string, isConfirmed: boolean): Promise<void> {
    const { entry, row } = this;
    return this.run(home, async () => {
      const written = await writeRegister(home, entry.entry_id, row.symbol, value, isConfirmed);
      return writtenText(home, row, written);
    });
  }

  private syncClock(home: Home): Promise<void> {
    return this.run(home, async () => {
      await home.command({
        type: "call_service",
        domain: "nattery",
        service: "sync_clock",
        service_data: { config_entry_id: this.entry.entry_id },
      });
      return home.text("screen_clock_done");
    });
  }

  private async run(home: Home, task: () => Promise<string>): Promise<void> {
    if (this.isBusy) return;
    this.error = "";
    this.isBusy = true;
    try {
      this.outcome = await task();
    } catch (error) {
      this.error = await home.errorText(error as CommandError);
    } finally {
      this.isBusy = false;
      this.isAsking = false;
    }
  }

  static override readonly styles = [
    colours,
    shapes,
    pageStyles,
    css`
      :host,
      form {
        display: grid;
        gap: 8px;
      }
      .fields {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 260px), 1fr));
        gap: 8px 16px;
      }
      .change {
        font-size: 16px;
      }
    `,
  ];
}

export function problemText(home: Home, row: RegisterRow, { text, values }: Problem): string {
  const filled = Object.entries(values).map(([name, value]) => [name, numberText(home, row, value)] as const);
  return home.text(text, Object.fromEntries(filled));
}

if (!customElements.get("nattery-register-edit")) customElements.define("nattery-register-edit", RegisterEdit);
