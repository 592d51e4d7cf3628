/** What a person changed on the card: commands, their errors, and how to undo them. */
import { html, nothing, type ReactiveControllerHost, type TemplateResult } from "lit";
import type { Override, OverrideChange, OverrideResult } from "../../data/api";
import type { CommandError } from "../../data/hass";
import type { Home } from "../../data/home";
import { actionName } from "../../ui/actions";

const UNDO_MS = 10_000;

export class Changes {
  private undo: { readonly text: string; readonly change: OverrideChange } | undefined;
  private error = "";
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly home: Home,
    private readonly entryId: string,
  ) {}

  /** Return the last change with its Undo, and the last error. */
  view(): TemplateResult {
    const { home, undo } = this;
    return html`${
      undo
        ? html`<div class="strip done" role="status">
            <p>${undo.text}</p>
            <button @click=${() => void this.apply(undo.change, undefined)}>${home.text("screen_undo")}</button>
          </div>`
        : nothing
    }${this.error ? html`<p class="bad" role="alert">${this.error}</p>` : nothing}`;
  }

  /** Offer to undo an override that was set. */
  done(result: OverrideResult): void {
    this.offerUndo(this.home.text("screen_done"), result.undo);
  }

  clear(override: Override): Promise<void> {
    const text = this.home.text("screen_undone", { action: actionName(this.home, override.action) });
    return this.apply({ clear: [override.id] }, text);
  }

  async resume(): Promise<void> {
    await this.send("nattery/resume", {});
  }

  private async apply(change: OverrideChange, text: string | undefined): Promise<void> {
    const result = await this.send<OverrideResult>("nattery/override", change);
    if (result) this.offerUndo(text, result.undo);
  }

  private async send<T>(type: string, values: object): Promise<T | undefined> {
    this.error = "";
    try {
      return await this.home.command<T>({ type, entry_id: this.entryId, ...values });
    } catch (error) {
      this.error = await this.home.errorText(error as CommandError);
      return undefined;
    } finally {
      this.host.requestUpdate();
    }
  }

  private offerUndo(text: string | undefined, change: OverrideChange): void {
    clearTimeout(this.timer);
    this.undo = text === undefined ? undefined : { text, change };
    this.timer = setTimeout(() => {
      this.undo = undefined;
      this.host.requestUpdate();
    }, UNDO_MS);
    this.host.requestUpdate();
  }
}
