/** What the battery does, in words, for those who may not change it and in a dry run. */
import { html, nothing, type TemplateResult } from "lit";
import type { PlanPicture } from "../../data/api";
import type { Home } from "../../data/home";
import { actionMark, actionName } from "../../ui/actions";

export function presentText(home: Home, plan: PlanPicture, now: number): TemplateResult | typeof nothing {
  const { present, automatic, currency } = plan;
  if (!present?.action) return nothing;
  const action = actionName(home, present.action);
  const until = Date.parse(present.until ?? "");
  return html`<p>
      ${actionMark(present.action)} <strong>${automatic ? action : home.text("screen_would", { action })}</strong> ${
        Number.isNaN(until) ? nothing : home.text("screen_until", { time: home.formats.clock(until) })
      }
    </p>
    ${present.reason ? html`<p class="quiet">${home.sentence(present.reason, currency, now)}</p>` : nothing}`;
}
