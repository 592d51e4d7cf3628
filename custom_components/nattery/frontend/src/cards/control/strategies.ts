/** The strategies, each with its sentence; another one says what it would cost before it is used. */
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import type { Home } from "../../data/home";
import { entityIdOf } from "../../data/states";
import { verdictText, WhatIfController } from "../../data/what_if";
import { ControlPart } from "../../ui/control-part";
import { controlStyles } from "../../ui/control-styles";
import { colours, shapes } from "../../ui/styles";
import { splitSentence } from "./model";

export class StrategiesPart extends ControlPart {
  @state() private wanted: string | undefined;
  private readonly whatIf = new WhatIfController(this);

  protected override view(home: Home): TemplateResult {
    const id = entityIdOf(this.entry, "select", "strategy");
    const mayChoose = this.entry.may.steer && id !== undefined;
    const keys = this.entry.strategies;
    const shown = mayChoose ? keys : keys.filter((key) => key === this.plan.strategy);
    return html`<ul>
        ${shown.map((key) => this.strategy(home, key, mayChoose ? id : undefined))}
      </ul>
      ${this.outcome()}`;
  }

  private strategy(home: Home, key: string, id: string | undefined): TemplateResult {
    const isCurrent = key === this.plan.strategy;
    const { name, sentence } = this.textsOf(home, key);
    const words = html`<span>
        <strong>${name}</strong> ${isCurrent ? html`<span class="tag">${home.text("screen_in_use")}</span>` : nothing}
      </span>
      <span class="quiet">${sentence}</span>`;
    if (isCurrent || id === undefined) return html`<li class=${isCurrent ? "current" : ""}>${words}</li>`;
    const isWanted = key === this.wanted;
    return html`<li>
      <button
        aria-expanded=${isWanted}
        @click=${() => {
          this.want(key);
        }}
      >
        ${words}
      </button>
      ${isWanted ? this.offer(home, key, id) : nothing}
    </li>`;
  }

  private offer(home: Home, key: string, id: string): TemplateResult {
    return html`<div class="offer">
      <p aria-live="polite">
        <strong>${this.textsOf(home, key).name}:</strong>
        <span class="quiet">${this.whatIf.error || verdictText(home, this.whatIf.answer, this.now)}</span>
      </p>
      <div class="row">
        <button class="primary" ?disabled=${this.isBusy} @click=${() => void this.use(key, id)}>
          ${home.text("screen_use_strategy")}
        </button>
        <button @click=${this.cancel}>${home.text("screen_cancel")}</button>
      </div>
    </div>`;
  }

  private textsOf(home: Home, key: string): { name: string; sentence: string } {
    const { name, sentence } = splitSentence(home.words.find(`common.strategy_${key}`) ?? "");
    return { name: name || (home.words.find(`entity.select.strategy.state.${key}`) ?? key), sentence };
  }

  private want(key: string): void {
    this.clearError();
    if (key === this.wanted) {
      this.cancel();
      return;
    }
    this.wanted = key;
    this.whatIf.ask(this.home, this.entry.entry_id, { strategy: key });
  }

  private readonly cancel = (): void => {
    this.wanted = undefined;
    this.whatIf.stop();
  };

  private async use(key: string, id: string): Promise<void> {
    const before = this.plan.strategy;
    const choose = (option: string) => this.call("select.select_option", { entity_id: id, option });
    await this.run(async () => {
      await choose(key);
      this.cancel();
      const { name } = this.textsOf(this.home, key);
      this.offerUndo(this.home.text("screen_strategy_used", { strategy: name }), () => choose(before));
    });
  }

  static override readonly styles = [
    colours,
    shapes,
    controlStyles,
    css`
      ul {
        display: grid;
        gap: 8px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: grid;
        gap: 8px;
      }
      li.current,
      li > button {
        display: grid;
        gap: 2px;
        padding: 10px 14px;
        text-align: start;
        line-height: 1.4;
        border: 1px solid var(--n-line);
        border-radius: 12px;
      }
      li.current {
        border: 2px solid var(--n-ink);
      }
      .tag {
        margin-inline-start: 6px;
        padding: 1px 10px;
        font-size: 13px;
        border: 1px solid var(--n-ink);
        border-radius: 12px;
      }
    `,
  ];
}

if (!customElements.get("nattery-strategies")) customElements.define("nattery-strategies", StrategiesPart);
