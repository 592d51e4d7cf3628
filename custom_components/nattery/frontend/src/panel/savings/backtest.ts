/** The backtest: what another battery or tariff would have brought, with its progress and the last result. */
import { css, html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import type { BacktestReport, BacktestStatus, SiteEntry } from "../../data/api";
import { FeedController } from "../../data/controllers";
import type { CommandError } from "../../data/hass";
import type { Home } from "../../data/home";
import { NatteryElement } from "../../ui/element";
import { pageStyles } from "../../ui/page-styles";
import { colours, shapes } from "../../ui/styles";
import {
  fieldsOf,
  isIncomplete,
  numberOf,
  presentText,
  progressText,
  requestOf,
  resultText,
  SPANS,
  waysOf,
  type BacktestForm,
  type Field,
} from "./model-backtest";

export class BacktestPart extends NatteryElement {
  @property({ attribute: false }) entry!: SiteEntry;
  @property({ attribute: false }) currency = "EUR";
  private readonly status = new FeedController<BacktestStatus>(this, ({ value }) => {
    void this.explain(value?.error ?? null);
  });
  @state() private form: BacktestForm = { texts: {}, days: 30 };
  @state() private error = "";
  @state() private failure = "";
  @state() private hasStarted = false;

  protected override prepare(home: Home): void {
    this.status.use(home.connection, { type: "nattery/backtest/subscribe", entry_id: this.entry.entry_id });
  }

  protected override view(home: Home): TemplateResult {
    const status = this.status.feed.value;
    return html`<ha-card>
      <h2>${home.text("screen_backtest")}</h2>
      <p class="quiet">${home.text("screen_backtest_explained")}</p>
      ${status ? (status.state === "running" ? this.running(home, status) : this.inputs(home)) : nothing}
      ${this.error ? html`<p class="bad" role="alert">${this.error}</p>` : nothing}
      ${status && status.state !== "running" ? this.outcome(home, status) : nothing}
    </ha-card>`;
  }

  private inputs(home: Home): TemplateResult {
    const fields = fieldsOf(this.currency);
    const request = requestOf(this.form, fields, this.entry.limits, home, Date.now());
    return html`<form
      @submit=${(event: Event) => {
        event.preventDefault();
        if (request) void this.start(home, request);
      }}
    >
      <div class="fields">
        ${fields.map((field) => this.input(home, field))}
        <label class="field">
          <span class="small quiet">${home.text("screen_backtest_span")}</span>
          <select
            @change=${(event: Event) => {
              this.form = { ...this.form, days: Number((event.currentTarget as HTMLSelectElement).value) };
            }}
          >
            ${SPANS.map(
              (days) =>
                html`<option value=${days} ?selected=${days === this.form.days}>
                  ${home.text("screen_backtest_days", { days: home.formats.number(days) })}
                </option>`,
            )}
          </select>
        </label>
      </div>
      <div class="row">
        ${request ? html`<button class="primary">${home.text("screen_backtest_start")}</button>` : nothing}
      </div>
    </form>`;
  }

  private input(home: Home, field: Field): TemplateResult {
    const { name, unit } = field;
    const text = this.form.texts[name] ?? presentText(name, this.entry.limits);
    const isWrong = numberOf(field, text) === null;
    const [low, high] = [field.low, field.high].map((one) => home.formats.number(one, 1));
    return html`<label class="field">
      <span class="small quiet">${home.text(field.text)} (${unit})</span>
      <input
        inputmode="decimal"
        autocomplete="off"
        placeholder=${home.text("screen_backtest_as_it_is")}
        aria-invalid=${isWrong}
        .value=${text}
        @input=${(event: Event) => {
          const value = (event.currentTarget as HTMLInputElement).value;
          this.form = { ...this.form, texts: { ...this.form.texts, [name]: value } };
        }}
      />
      ${
        isWrong
          ? html`<span class="small bad" role="alert">
              ${home.text("screen_enter_between", { low: low ?? "", high: high ?? "" })}
            </span>`
          : nothing
      }
    </label>`;
  }

  private running(home: Home, status: BacktestStatus): TemplateResult {
    const text = progressText(home, status);
    return html`<div class="running">
      <progress max="1" value=${status.progress} aria-label=${home.text("screen_backtest")}></progress>
      <span class="number">${text}</span>
      ${
        this.hasStarted || this.entry.may.steer
          ? html`<button @click=${() => void this.cancel(home)}>${home.text("screen_cancel")}</button>`
          : nothing
      }
    </div>`;
  }

  private outcome(home: Home, status: BacktestStatus): TemplateResult {
    const { state: kind, result } = status;
    const finished = Date.parse(status.finished_at ?? "");
    return html`<div aria-live="polite" class="outcome">
      ${kind === "failed" && this.failure ? html`<p class="bad" role="alert">${this.failure}</p>` : nothing}
      ${kind === "cancelled" ? html`<p class="quiet">${home.text("screen_backtest_cancelled")}</p>` : nothing}
      ${
        kind === "done" && result
          ? html`<p class="result">${resultText(home, status.request ?? {}, result)}</p>
              ${this.result(home, result, finished)}`
          : nothing
      }
    </div>`;
  }

  private result(home: Home, report: BacktestReport, finished: number): TemplateResult {
    const { formats } = home;
    const ways = waysOf(report);
    const costs = ways.map(({ cost }) => cost);
    const [least, most] = [Math.min(0, ...costs), Math.max(0, ...costs)];
    const share = (value: number): number => (value / (most - least || 1)) * 100;
    const lastDay = Date.parse(report.end) - 1;
    return html`${
        isIncomplete(report)
          ? html`<p class="small quiet">
              ${home.text("screen_backtest_coverage", { share: formats.percent(report.coverage) })}
            </p>`
          : nothing
      }
      <details>
        <summary>${home.text("screen_backtest_ways")}</summary>
        <dl class="ways">
          ${ways.map(
            ({ text, cost }) =>
              html`<dt>${home.text(text)}</dt>
                <dd>
                  <i class="axis" style="inset-inline-start:${share(-least)}%"></i>
                  <i
                    class=${cost < 0 ? "earned" : ""}
                    style="inset-inline-start:${share(Math.min(0, cost) - least)}%;width:${share(Math.abs(cost))}%"
                  ></i>
                </dd>
                <dd class="number">${home.cost(cost, report.currency)}</dd>`,
          )}
        </dl>
        <p class="small quiet">
          ${home.text("screen_backtest_period", { start: formats.date(Date.parse(report.start)), end: formats.date(lastDay) })}
          ${Number.isNaN(finished) ? nothing : home.text("screen_backtest_made", { date: formats.date(finished), time: formats.clock(finished) })}
          ${home.text("screen_baseline_wear")}
        </p>
      </details>`;
  }

  private start(home: Home, request: object): Promise<void> {
    this.hasStarted = true;
    return this.send(home, { type: "nattery/backtest/start", ...request });
  }

  private cancel(home: Home): Promise<void> {
    return this.send(home, { type: "nattery/backtest/cancel" });
  }

  private async send(home: Home, message: { readonly type: string }): Promise<void> {
    this.error = "";
    try {
      await home.command({ ...message, entry_id: this.entry.entry_id });
    } catch (error) {
      this.error = await home.errorText(error as CommandError);
    }
  }

  private async explain(error: BacktestStatus["error"]): Promise<void> {
    if (!error || !this.home) return;
    const { key, values, message } = error;
    const named = key === null ? {} : { translation_domain: "nattery", translation_key: key };
    this.failure = await this.home.errorText({ code: "failed", message, translation_placeholders: values, ...named });
  }

  static override readonly styles = [
    colours,
    shapes,
    pageStyles,
    css`
      form,
      .outcome {
        display: grid;
        gap: 12px;
      }
      .outcome:empty {
        display: none;
      }
      .fields {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 150px), 1fr));
        gap: 12px;
        align-items: end;
      }
      .running {
        display: flex;
        flex-wrap: wrap;
        gap: 8px 16px;
        align-items: center;
      }
      progress {
        flex: 1 1 160px;
        height: 8px;
        accent-color: var(--n-good);
      }
      .result {
        font-size: 18px;
      }
      .ways {
        display: grid;
        grid-template-columns: minmax(0, auto) minmax(60px, 1fr) auto;
        gap: 8px 12px;
        align-items: center;
      }
      .ways dd:not(.number) {
        position: relative;
        height: 14px;
      }
      .ways i {
        position: absolute;
        inset-block: 0;
        min-width: 1px;
        border-radius: 2px;
        background: var(--n-hold);
      }
      .ways i.earned {
        background: var(--n-good);
      }
      .ways i.axis {
        inset-block: -4px;
        width: 1px;
        background: var(--n-ink-2);
      }
      .ways .number {
        text-align: end;
      }
      :host([narrow]) .ways {
        font-size: 13px;
      }
    `,
  ];
}

if (!customElements.get("nattery-backtest")) customElements.define("nattery-backtest", BacktestPart);
