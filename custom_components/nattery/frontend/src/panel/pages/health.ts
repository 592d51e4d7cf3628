/** The page of health: each part in a sentence with a light and a word, its numbers on demand. */
import { css, html, nothing, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import type { Health, HealthIssue, PlanPicture } from "../../data/api";
import { ClockController, ConnectionController, FeedController } from "../../data/controllers";
import type { Home } from "../../data/home";
import { fill } from "../../i18n/words";
import { pageStyles, skeletonCard } from "../../ui/page-styles";
import { colours, shapes } from "../../ui/styles";
import { LIGHT_WORDS, momentText, partsOf, verdictOf, type Light, type Part, type Situation } from "../health/model";
import { numbersOf } from "../health/model-numbers";
import { NatteryPage } from "../page";

// A circle with a tick, a triangle, a square, an empty circle: the shape says the same as the colour.
const SHAPES: Readonly<Record<Light, SVGTemplateResult>> = {
  good: svg`<circle cx="10" cy="10" r="9"></circle><path class="on" d="M5.5 10.5 8.8 13.5 14.5 7"></path>`,
  warn: svg`<path d="M10 1 19.5 18.5H.5Z"></path><path class="on" d="M10 7V12.5M10 14.6V16.2"></path>`,
  bad: svg`<rect x="1" y="1" width="18" height="18" rx="2"></rect><path class="on" d="M6 6 14 14M14 6 6 14"></path>`,
  off: svg`<circle class="hollow" cx="10" cy="10" r="8"></circle>`,
};
const LAST_FETCHES = 10;
const NOT_YET = "not_published";

export class HealthPage extends NatteryPage {
  private readonly health = new FeedController<Health>(this);
  private readonly plan = new FeedController<PlanPicture>(this);
  private readonly clock = new ClockController(this);
  private readonly connection = new ConnectionController(this);

  protected override prepare(home: Home): void {
    const { entry_id, trading } = this.entry;
    this.health.use(home.connection, { type: "nattery/health/subscribe", entry_id });
    this.plan.use(home.connection, trading ? { type: "nattery/plan/subscribe", entry_id } : undefined);
    this.connection.use(home.connection);
  }

  protected override view(home: Home): TemplateResult {
    const { value: health, error, at } = this.health.feed;
    if (!health) {
      if (health === undefined && !error) return this.skeleton();
      const text = error ? "screen_failed" : "screen_not_running_short";
      return html`<ha-card><p>${home.text(text, { entry: this.entry.title })}</p></ha-card>`;
    }
    const now = this.clock.now;
    const situation = { home, entry: this.entry, health, plan: this.plan.feed.value, now };
    const parts = partsOf(situation);
    const [light, verdict] = verdictOf(home, parts);
    const isLost = this.connection.lostAt !== undefined;
    return html`${
        isLost
          ? html`<div class="strip warn" role="status">
              <p>${home.text("screen_as_of", { time: home.formats.clock(at) })}</p>
            </div>`
          : nothing
      }
      <ha-card class=${isLost ? "lost" : ""}>
        <div role="status"><h2 class="verdict">${sign(light)} ${verdict}</h2></div>
      </ha-card>
      <div class="parts ${isLost ? "lost" : ""}">${parts.map((part) => this.partCard(situation, part))}</div>`;
  }

  private partCard(situation: Situation, part: Part): TemplateResult {
    const { home } = situation;
    const numbers = this.entry.may.registers ? numbersOf(part.key, situation) : [];
    return html`<ha-card>
      <div class="apart">
        <h2>${home.text(part.title)}</h2>
        <span class="light ${part.light}">${sign(part.light)} ${home.text(LIGHT_WORDS[part.light])}</span>
      </div>
      <p>${part.sentence}</p>
      ${part.key === "repairs" ? this.issues(home, situation.health.issues) : nothing}
      ${
        numbers.length > 0
          ? html`<details>
              <summary>${home.text("screen_numbers")}</summary>
              <dl class="facts">
                ${numbers.map(
                  ([name, value]) =>
                    html`<div>
                      <dt class="quiet">${home.text(name)}</dt>
                      <dd class="number">${value}</dd>
                    </div>`,
                )}
              </dl>
              ${part.key === "prices" ? this.fetches(situation) : nothing}
            </details>`
          : nothing
      }
    </ha-card>`;
  }

  private issues(home: Home, issues: readonly HealthIssue[]): TemplateResult | typeof nothing {
    if (issues.length === 0) return nothing;
    return html`<ul>
        ${issues.map(({ key, severity, placeholders, ignored }) => {
          const title = home.words.find(`issues.${key}.title`) ?? key;
          const light = severity === "warning" ? "warn" : "bad";
          return html`<li class=${ignored ? "quiet" : ""}>
            ${sign(ignored ? "off" : light)}
            <span>
              ${fill(title, { entry: this.entry.title, ...placeholders })}
              ${ignored ? html`<span class="small">${home.text("screen_ignored")}</span>` : nothing}
            </span>
          </li>`;
        })}
      </ul>
      ${
        home.user?.is_admin === true
          ? html`<a class="link" href="/config/repairs">${home.text("screen_see_repairs")}</a>`
          : nothing
      }`;
  }

  private fetches({ home, health }: Situation): TemplateResult | typeof nothing {
    const last = (health.fetches ?? []).slice(-LAST_FETCHES).reverse();
    if (last.length === 0) return nothing;
    const { formats } = home;
    return html`<h3>${home.text("screen_fetches")}</h3>
      <ul>
        ${last.map(
          ({ at, source, outcome, seconds }) =>
            html`<li class="small number">
              ${sign(outcome === "ok" ? "good" : outcome === NOT_YET ? "off" : "warn")}
              <span>
                ${momentText(home, Date.parse(at))} ·
                ${home.words.find(`entity.sensor.price_source.state.${source}`) ?? source}
                ${outcome === "ok" ? nothing : html` · ${outcome === NOT_YET ? home.text("screen_not_published") : outcome}`}
                ${seconds === null ? nothing : html` · ${formats.number(seconds, 1)} s`}
              </span>
            </li>`,
        )}
      </ul>`;
  }

  protected override skeleton(): TemplateResult {
    return skeletonCard();
  }

  static override readonly styles = [
    colours,
    shapes,
    pageStyles,
    css`
      :host,
      .parts {
        display: grid;
        gap: 12px;
      }
      .parts {
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr));
        align-items: start;
      }
      .verdict {
        display: flex;
        gap: 12px;
        align-items: center;
        font-size: 20px;
      }
      .verdict svg {
        width: 28px;
        height: 28px;
      }
      .light {
        display: inline-flex;
        gap: 8px;
        align-items: center;
        font-weight: 600;
      }
      svg {
        flex: none;
        width: 18px;
        height: 18px;
        fill: var(--light);
      }
      svg.good {
        --light: var(--n-good);
      }
      svg.warn {
        --light: var(--n-warn);
      }
      svg.bad {
        --light: var(--n-bad);
      }
      svg.off {
        --light: var(--n-ink-2);
      }
      .hollow {
        fill: none;
        stroke: var(--light);
        stroke-width: 2;
      }
      .on {
        fill: none;
        stroke: var(--n-card);
        stroke-width: 2;
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
      h3 {
        margin: 12px 0 4px;
      }
      @media (forced-colors: active) {
        svg {
          forced-color-adjust: none;
          --light: CanvasText !important;
        }
        .on {
          stroke: Canvas;
        }
      }
    `,
  ];
}

function sign(light: Light): TemplateResult {
  return html`<svg class=${light} viewBox="0 0 20 20" aria-hidden="true">${SHAPES[light]}</svg>`;
}

customElements.define("nattery-health-page", HealthPage);
