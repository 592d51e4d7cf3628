/** The base of the parts with which the battery is controlled: what they are given, errors beside buttons, undo. */
import { html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import type { OverrideChange, OverrideResult, PlanPicture, SiteEntry } from "../data/api";
import type { CommandError } from "../data/hass";
import type { Home } from "../data/home";
import { NatteryElement } from "./element";

const UNDO_MS = 10_000;

export abstract class ControlPart extends NatteryElement {
  declare protected home: Home; // is there whenever something is shown
  @property({ attribute: false }) entry!: SiteEntry;
  @property({ attribute: false }) plan!: PlanPicture;
  @property({ attribute: false }) now = 0;
  @state() protected isBusy = false;
  @state() private error = "";
  @state() private undo: { readonly text: string; readonly task: () => Promise<unknown> } | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
    this.undo = undefined;
  }

  /** Do what a button says; its error is shown, and whether it has worked is returned. */
  protected async run(task: () => Promise<unknown>): Promise<boolean> {
    this.error = "";
    this.isBusy = true;
    try {
      await task();
      return true;
    } catch (error) {
      this.error = await this.home.errorText(error as CommandError);
      return false;
    } finally {
      this.isBusy = false;
    }
  }

  /** Offer for some seconds to undo what has just been done. */
  protected offerUndo(text: string, task: () => Promise<unknown>): void {
    clearTimeout(this.timer);
    this.undo = { text, task };
    this.timer = setTimeout(() => {
      this.undo = undefined;
    }, UNDO_MS);
  }

  protected changeOverrides(change: OverrideChange): Promise<OverrideResult> {
    return this.home.command<OverrideResult>({ type: "nattery/override", entry_id: this.entry.entry_id, ...change });
  }

  protected resume(): Promise<unknown> {
    return this.home.command({ type: "nattery/resume", entry_id: this.entry.entry_id });
  }

  /** Call an action of Home Assistant, such as number.set_value. */
  protected call(action: string, data: Readonly<Record<string, unknown>>, answers = false): Promise<unknown> {
    const [domain, service] = action.split(".");
    const response = answers ? { return_response: true } : {};
    return this.home.command({ type: "call_service", domain, service, service_data: data, ...response });
  }

  protected clearError(): void {
    this.error = "";
  }

  /** The error of the last button and the offer to undo; stands next to the buttons. */
  protected outcome(): TemplateResult {
    const { undo } = this;
    return html`<div class="outcome" aria-live="polite">
        ${
          undo
            ? html`<div class="strip done">
                <p>${undo.text}</p>
                <button
                  @click=${async () => {
                    if (await this.run(undo.task)) this.undo = undefined;
                  }}
                >
                  ${this.home.text("screen_undo")}
                </button>
              </div>`
            : nothing
        }
      </div>
      ${this.error ? html`<p class="bad" role="alert">${this.error}</p>` : nothing}`;
  }
}
