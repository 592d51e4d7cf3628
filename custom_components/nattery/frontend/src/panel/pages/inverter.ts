/** The page of the inverter, for administrators: all its registers with live values, and what may be changed. */
import { css, html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import type { PlanPicture, RegisterRow, Registers } from "../../data/api";
import { ClockController, ConnectionController, FeedController } from "../../data/controllers";
import type { Home } from "../../data/home";
import { pageStyles, skeletonCard } from "../../ui/page-styles";
import { colours, shapes } from "../../ui/styles";
import {
  editorOf,
  found,
  isBehind,
  isUnread,
  joinRegisters,
  readAt,
  sectionReadAt,
  sectionsOf,
  type Section,
} from "../inverter/model";
import "../inverter/register-edit";
import { nameOf, valueText } from "../inverter/values";
import "../inverter/windows";
import { NatteryPage } from "../page";

const OPEN = ["live", "status", "settings"];

export class InverterPage extends NatteryPage {
  private readonly feed = new FeedController<Registers>(this, undefined, joinRegisters);
  private readonly plan = new FeedController<PlanPicture>(this);
  private readonly clock = new ClockController(this, 15_000);
  private readonly connection = new ConnectionController(this);
  @state() private search = "";
  @state() private edited = "";

  protected override prepare(home: Home): void {
    const { entry_id, trading } = this.entry;
    this.feed.use(home.connection, { type: "nattery/registers/subscribe", entry_id });
    this.plan.use(home.connection, trading ? { type: "nattery/plan/subscribe", entry_id } : undefined);
    this.connection.use(home.connection);
  }

  protected override view(home: Home): TemplateResult {
    const { value, error } = this.feed.feed;
    if (!value) {
      if (value === undefined && !error) return this.skeleton();
      const text = error ? "screen_failed" : "screen_not_running_short";
      return html`<ha-card><p>${home.text(text, { entry: this.entry.title })}</p></ha-card>`;
    }
    return this.whole(home, value);
  }

  private whole(home: Home, registers: Registers): TemplateResult {
    const sections = found(sectionsOf(registers), this.search, (row) => nameOf(home, row));
    const isSearching = this.search.trim() !== "";
    const count = sections.reduce((sum, { rows }) => sum + rows.length, 0);
    const { lostAt } = this.connection;
    return html`${
        lostAt === undefined
          ? nothing
          : html`<div class="strip warn" role="status">
              <p>${home.text("screen_as_of", { time: home.formats.clock(this.feed.feed.at) })}</p>
            </div>`
      }
      <input
        type="search"
        class="search"
        aria-label=${home.text("screen_search_registers")}
        placeholder=${home.text("screen_search_registers")}
        .value=${this.search}
        @input=${(event: Event) => {
          this.search = (event.currentTarget as HTMLInputElement).value;
        }}
      />
      <p class="hidden" role="status">${isSearching ? home.text("screen_found", { count }) : nothing}</p>
      ${count === 0 ? html`<ha-card><p>${home.text("screen_nothing_found")}</p></ha-card>` : nothing}
      <div class=${lostAt === undefined ? "two" : "two lost"}>
        <div class="column">
          ${
            isSearching
              ? nothing
              : html`<nattery-windows
                  .hass=${this.hass}
                  .entry=${this.entry}
                  .registers=${registers}
                  .now=${this.clock.now}
                  .isAutomatic=${this.isAutomatic}
                ></nattery-windows>`
          }
          ${sections.filter(({ isControl }) => isControl).map((one) => this.section(home, registers, one, isSearching))}
        </div>
        <div class="column">
          ${sections.filter(({ isControl }) => !isControl).map((one) => this.section(home, registers, one, isSearching))}
        </div>
      </div>`;
  }

  private section(home: Home, registers: Registers, section: Section, isSearching: boolean): TemplateResult {
    const { key, title, rows } = section;
    const at = sectionReadAt(registers, section);
    return html`<ha-card>
      <details ?open=${isSearching || OPEN.includes(key)}>
        <summary>
          <h2>${home.text(title)}</h2>
          <span class="quiet small">
            ${home.formats.number(rows.length)}${at === null ? nothing : ` · ${this.ago(home, at)}`}
          </span>
        </summary>
        ${
          isUnread(registers, section)
            ? html`<p class="quiet">
                ${home.text("screen_group_unread")}
                <a class="link" href="/config/integrations/integration/nattery">${home.text("screen_options")}</a>
              </p>`
            : html`<ul class=${section.isControl ? "control" : ""}>
                ${rows.map((row) => this.register(home, registers, row, at))}
              </ul>`
        }
      </details>
    </ha-card>`;
  }

  private register(home: Home, registers: Registers, row: RegisterRow, sectionAt: number | null): TemplateResult {
    const value = registers.values[row.symbol];
    const name = nameOf(home, row);
    const isEdited = this.edited === row.symbol;
    return html`<li>
      <div class="register">
        <span class="name">
          ${name} ${name === row.symbol ? nothing : html`<span class="quiet small symbol">${row.symbol}</span>`}
        </span>
        <span class="value number ${value?.error ? "quiet" : ""}">
          ${row.access === "W" ? nothing : valueText(home, row, value?.value)}
        </span>
        ${
          editorOf(row, this.isAutomatic) !== "none" && !isEdited
            ? html`<button
                class="link"
                aria-label="${home.text(row.access === "W" ? "screen_command" : "screen_change")} ${name}"
                @click=${() => {
                  this.edited = row.symbol;
                }}
              >
                ${home.text(row.access === "W" ? "screen_command" : "screen_change")}
              </button>`
            : html`<span></span>`
        }
        ${this.remarks(home, registers, row, sectionAt)}
      </div>
      ${
        isEdited
          ? html`<nattery-register-edit
              .hass=${this.hass}
              .entry=${this.entry}
              .row=${row}
              .value=${value}
              .limit=${registers.write_limit}
              @edit-closed=${() => {
                this.edited = "";
              }}
            ></nattery-register-edit>`
          : nothing
      }
    </li>`;
  }

  /** What must be said of a value: a write under way, a failed reading, its age if it is behind, writes today. */
  private remarks(
    home: Home,
    registers: Registers,
    row: RegisterRow,
    sectionAt: number | null,
  ): TemplateResult | typeof nothing {
    const value = registers.values[row.symbol];
    const at = readAt(registers, row);
    const remarks: string[] = [];
    if (value?.pending) remarks.push(home.text("screen_pending"));
    if (value?.error) remarks.push(`▲ ${home.text("screen_read_failed")}`);
    if (at !== null && isBehind(at, sectionAt)) remarks.push(this.ago(home, at));
    if (value && value.writes_today > 0) {
      const [count, limit] = [value.writes_today, registers.write_limit].map((one) => home.formats.number(one));
      remarks.push(home.text("screen_writes_today", { count: count ?? "", limit: limit ?? "" }));
    }
    if (row.controlled && this.isAutomatic) remarks.push(home.text("screen_controlled"));
    return remarks.length > 0 ? html`<span class="quiet small remarks">${remarks.join(" · ")}</span>` : nothing;
  }

  private ago(home: Home, at: number): string {
    const seconds = Math.max(0, (Math.max(this.clock.now, this.feed.feed.at) - at) / 1000);
    return home.text("screen_read_ago", { ago: home.formats.ago(seconds) });
  }

  private get isAutomatic(): boolean {
    return this.plan.feed.value?.automatic === true;
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
      .two,
      .column {
        display: grid;
        gap: 12px;
        align-content: start;
        min-width: 0;
      }
      .column:empty {
        display: none;
      }
      @media (min-width: 1100px) {
        .two {
          grid-template-columns: repeat(auto-fit, minmax(0, 1fr));
        }
      }
      .search {
        border-radius: 20px;
        max-width: 480px;
      }
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        padding: 4px 0 4px 24px;
        border-top: 1px solid var(--n-line);
      }
      :host([narrow]) li {
        padding-inline-start: 0;
      }
      .register {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(0, auto) auto;
        gap: 0 12px;
        align-items: center;
        align-content: center;
        min-height: 40px;
      }
      .control .register {
        grid-template-columns: minmax(0, 1fr) minmax(0, auto) 76px;
      }
      .symbol {
        margin-inline-start: 8px;
        overflow-wrap: anywhere;
      }
      .value {
        text-align: end;
        overflow-wrap: anywhere;
      }
      .register .link {
        justify-self: end;
      }
      .remarks {
        grid-column: 1 / -1;
        padding-bottom: 4px;
      }
      :host([narrow]) .symbol {
        display: block;
        margin: 0;
      }
      nattery-register-edit {
        padding: 8px 0 12px;
      }
    `,
  ];
}

customElements.define("nattery-inverter-page", InverterPage);
