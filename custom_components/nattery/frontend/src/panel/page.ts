/** The base of every page of the panel. */
import { property } from "lit/decorators.js";
import type { SiteEntry } from "../data/api";
import { NatteryElement } from "../ui/element";

export abstract class NatteryPage extends NatteryElement {
  /** The entry that the page shows. */
  @property({ attribute: false }) entry!: SiteEntry;
  /** What stands behind the question mark of the address, such as day. */
  @property({ attribute: false }) query = new URLSearchParams();
  /** Whether the page is on a phone. */
  @property({ type: Boolean, reflect: true }) narrow = false;
}
