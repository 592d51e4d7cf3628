/** "What to know": one line when all is well, else a list. */
import { css, html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";
import type { PlanPicture, PricesPicture, SiteEntry } from "../../data/api";
import type { Home } from "../../data/home";
import { NatteryElement } from "../../ui/element";
import { fill } from "../../i18n/words";
import { colours, shapes } from "../../ui/styles";
import { knowledgeOf, type Facts, type HealthGlance, type Matter } from "./model";

export class KnowPart extends NatteryElement {
  @property({ attribute: false }) entry!: SiteEntry;
  @property({ attribute: false }) plan: PlanPicture | null | undefined;
  @property({ attribute: false }) prices: PricesPicture | null | undefined;
  @property({ attribute: false }) health: HealthGlance | null | undefined;
  @property({ attribute: false }) now = 0;

  protected override view(home: Home): TemplateResult {
    const { matters, notes, facts } = knowledgeOf(this.plan, this.prices, this.health);
    return html`<ha-card>
      <h2 class="quiet">${home.text("screen_what_to_know")}</h2>
      ${
        matters.length === 0
          ? html`<p>
              <span class="good" aria-hidden="true">●</span> <strong>${home.text("screen_all_well")}</strong>
              ${factTexts(home, facts).join(" · ")}
            </p>`
          : html`<ul>
                ${matters.map((one) => html`<li class=${one.kind}><span>${this.matter(home, one)}</span></li>`)}
              </ul>
              <p class="quiet">${factTexts(home, facts).join(" · ")}</p>`
      }
      ${
        notes.length === 0
          ? nothing
          : html`<details class="quiet">
              <summary>${home.text("screen_plan_notes", { count: notes.length })}</summary>
              ${notes.map((note) => html`<p>${home.sentence(note, this.plan?.currency ?? "EUR", this.now)}</p>`)}
            </details>`
      }
    </ha-card>`;
  }

  private matter(home: Home, matter: Matter): TemplateResult | string {
    switch (matter.kind) {
      case "issue": {
        const title = home.words.find(`issues.${matter.key}.title`) ?? matter.key;
        const text = fill(title, { entry: this.entry.title, ...matter.placeholders });
        if (home.user?.is_admin !== true) return text;
        return html`${text} <a href="/config/repairs">${home.text("screen_see_repairs")}</a>`;
      }
      case "silent":
        return home.text("screen_inverter_silent");
      case "prices":
        return home.text("screen_prices_out_of_date");
      case "ledger":
        return home.text("screen_ledger_fails");
      case "dry_run":
        return home.text("screen_dry_run_explained");
    }
  }

  static override readonly styles = [
    colours,
    shapes,
    css`
      ha-card {
        display: grid;
        gap: 8px;
        padding: 16px;
        background: var(--n-card);
        color: var(--n-ink);
      }
      h2 {
        font-weight: 600;
      }
      ul {
        display: grid;
        gap: 6px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: flex;
        gap: 8px;
      }
      li::before {
        content: "▲";
        width: 14px;
        color: var(--n-warn);
        text-align: center;
      }
      summary {
        min-height: 24px;
        cursor: pointer;
      }
      details p {
        margin-top: 4px;
      }
      li.dry_run::before {
        content: "●";
        color: var(--n-ink-2);
      }
      a {
        color: var(--n-pay);
      }
    `,
  ];
}

function factTexts(home: Home, { pricesUntil, answersMs, writesToday, planMadeAt }: Facts): string[] {
  const { formats } = home;
  const texts: string[] = [];
  if (pricesUntil !== null) {
    const isMidnight = formats.zone.dayOf(pricesUntil - 1) !== formats.zone.dayOf(pricesUntil);
    texts.push(
      isMidnight
        ? home.text("screen_fact_prices_day", { day: formats.weekday(pricesUntil - 1, true) })
        : home.text("screen_fact_prices", { time: `${formats.weekday(pricesUntil)} ${formats.clock(pricesUntil)}` }),
    );
  }
  if (planMadeAt !== null) texts.push(home.text("screen_fact_plan", { time: formats.clock(planMadeAt) }));
  if (answersMs !== null) texts.push(home.text("screen_fact_answers", { ms: formats.number(answersMs) }));
  if (writesToday !== null) texts.push(home.text("screen_fact_writes", { count: formats.number(writesToday) }));
  return texts;
}

if (!customElements.get("nattery-know")) customElements.define("nattery-know", KnowPart);
