/** The overrides that are in force or to come, with who set them and Undo. */
import { html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";
import type { Override } from "../../data/api";
import type { Home } from "../../data/home";
import { userName } from "../../data/states";
import { actionMark, actionName } from "../../ui/actions";
import { ControlPart } from "../../ui/control-part";
import { controlStyles } from "../../ui/control-styles";
import { marks } from "../plan/marks";
import { colours, shapes } from "../../ui/styles";
import { openOverrides } from "./model";

export class OverridesPart extends ControlPart {
  /** Whether it is said when there are none. */
  @property({ type: Boolean }) whole = false;

  protected override view(home: Home): TemplateResult {
    const open = openOverrides(this.plan, this.now);
    return html`${
      open.length === 0
        ? this.whole
          ? html`<p class="quiet">${home.text("screen_no_overrides")}</p>`
          : nothing
        : open.map((one) => this.strip(one))
    }
    ${
      open.length > 1 && this.entry.may.steer
        ? html`<div>
            <button ?disabled=${this.isBusy} @click=${() => void this.clear("all")}>
              ${home.text("screen_undo_all")}
            </button>
          </div>`
        : nothing
    }
    ${this.outcome()}`;
  }

  private strip(one: Override): TemplateResult {
    const { home } = this;
    const power = one.power_w ? ` ${home.formats.power(one.power_w / 1000)}` : "";
    return html`<div class="strip">
      <p>
        ${actionMark(one.action)} <strong>${actionName(home, one.action)}${power}</strong> ${this.timeOf(one)}
        <span class="quiet small">${this.byWhom(one)}</span>
      </p>
      ${
        this.entry.may.steer
          ? html`<button ?disabled=${this.isBusy} @click=${() => void this.clear([one.id])}>
              ${home.text("screen_undo")}
            </button>`
          : nothing
      }
    </div>`;
  }

  private timeOf({ start, end }: Override): string {
    const { formats } = this.home;
    const [from, to] = [Date.parse(start), Date.parse(end)];
    const at = (instant: number): string =>
      formats.zone.dayOf(instant) === formats.zone.dayOf(this.now)
        ? formats.clock(instant)
        : `${formats.weekday(instant)} ${formats.clock(instant)}`;
    return from <= this.now ? this.home.text("screen_until", { time: at(to) }) : `${at(from)}–${at(to)}`;
  }

  private byWhom({ user, set_at: setAt }: Override): string {
    const { home } = this;
    const at = Date.parse(setAt ?? "");
    const name =
      user === null
        ? home.text("screen_an_automation")
        : (userName(this.hass, user) ?? home.text("screen_another_user"));
    if (Number.isNaN(at)) return home.text("screen_set_by", { user: name });
    return home.text("screen_set_by_at", { user: name, time: home.formats.clock(at) });
  }

  private async clear(clear: readonly string[] | "all"): Promise<void> {
    await this.run(async () => {
      const { undo } = await this.changeOverrides({ clear });
      this.offerUndo(this.home.text("screen_follows_plan"), () => this.changeOverrides(undo));
    });
  }

  static override readonly styles = [colours, shapes, marks, controlStyles];
}

if (!customElements.get("nattery-overrides")) customElements.define("nattery-overrides", OverridesPart);
