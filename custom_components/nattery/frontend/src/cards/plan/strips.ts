/** The strips above the chart: what a person should know before reading it. */
import { html, nothing, type TemplateResult } from "lit";
import type { Override, PlanPicture, PricesPicture, SiteEntry } from "../../data/api";
import type { Home } from "../../data/home";
import type { TextKey } from "../../i18n/words";
import { actionMark, actionName } from "../../ui/actions";
import { timeText } from "./describe";

export interface StripsView {
  readonly home: Home;
  readonly entry: SiteEntry;
  readonly plan: PlanPicture;
  readonly prices: PricesPicture | null | undefined;
  readonly lostAt: number | undefined;
  readonly now: number;
  readonly clear: (override: Override) => void;
  readonly resume: () => void;
}

const PROBLEMS: Readonly<Record<string, TextKey>> = {
  no_readings: "screen_problem_no_readings",
  no_prices: "screen_problem_no_prices",
  no_plan: "screen_problem_no_plan",
};

export function stripsOf(view: StripsView): (TemplateResult | typeof nothing)[] {
  return [lostStrip(view), problemStrip(view), dryRunStrip(view), pauseStrip(view), ...overrideStrips(view)];
}

function lostStrip({ home, lostAt }: StripsView): TemplateResult | typeof nothing {
  if (lostAt === undefined) return nothing;
  const time = home.formats.clock(lostAt);
  return html`<div class="strip warn" role="status"><p>${home.text("screen_as_of", { time })}</p></div>`;
}

/** Prices that are late or missing, else what keeps the plan from being made. */
function problemStrip({ home, plan, prices, now }: StripsView): TemplateResult | typeof nothing {
  const until = Date.parse(prices?.known_until ?? "");
  const isLate = prices?.freshness === "late" || prices?.freshness === "stale" || prices?.freshness === "none";
  if (isLate) {
    const sentence =
      Number.isNaN(until) || until <= now
        ? home.text("screen_prices_missing")
        : home.text("screen_prices_late", { time: `${home.formats.weekday(until)} ${home.formats.clock(until)}` });
    return html`<div class="strip warn" role="status">
      <p><strong>${home.text("screen_prices_out_of_date")}</strong> ${sentence}</p>
    </div>`;
  }
  const problem = plan.problem === null ? undefined : PROBLEMS[plan.problem];
  return problem ? html`<div class="strip warn" role="status"><p>${home.text(problem)}</p></div>` : nothing;
}

function dryRunStrip({ home, plan }: StripsView): TemplateResult | typeof nothing {
  if (plan.automatic) return nothing;
  return html`<div class="strip" role="status">
    <p><strong>${home.text("screen_dry_run")}</strong> ${home.text("screen_dry_run_sentence")}</p>
  </div>`;
}

function pauseStrip({ home, entry, plan, now, resume }: StripsView): TemplateResult | typeof nothing {
  if (!plan.pause) return nothing;
  const { reason } = plan.pause;
  return html`<div class="strip warn" role="status">
    <p>
      <strong>${home.text("screen_paused")}</strong>
      ${reason ? home.sentence(reason, plan.currency, now) : nothing}
    </p>
    ${entry.may.steer ? html`<button @click=${resume}>${home.text("screen_resume")}</button>` : nothing}
  </div>`;
}

function overrideStrips({ home, entry, plan, now, clear }: StripsView): TemplateResult[] {
  return plan.overrides
    .filter((one) => Date.parse(one.end) > now)
    .map((one) => {
      const time = timeText(home, { start: Date.parse(one.start), end: Date.parse(one.end) });
      const power = one.power_w === null || one.power_w === 0 ? "" : ` ${home.formats.power(one.power_w / 1000)}`;
      const isOther = one.user !== null && one.user !== home.user?.id;
      const name = isOther
        ? home.text("screen_decided_by", { user: home.text("screen_another_user") })
        : home.text("screen_you_decided");
      return html`<div class="strip" role="status">
        <p><strong>${name}</strong> ${actionMark(one.action)} ${actionName(home, one.action)}${power} ${time}</p>
        ${
          entry.may.steer
            ? html`<button
                @click=${() => {
                  clear(one);
                }}
              >
                ${home.text("screen_undo")}
              </button>`
            : nothing
        }
      </div>`;
    });
}
