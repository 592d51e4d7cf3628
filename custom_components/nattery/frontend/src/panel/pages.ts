/** The pages of the panel, in the order of their tabs. A new page is a row here and a file in pages/. */
import type { SiteEntry } from "../data/api";
import type { TextKey } from "../i18n/words";

export interface Page {
  /** The last part of its address: /nattery/<path>. */
  readonly path: string;
  readonly title: TextKey;
  readonly icon: string;
  /** The element, which takes hass, entry, query (of the address) and narrow. */
  readonly tag: string;
  readonly load: () => Promise<unknown>;
  /** Whether this user has the page for this entry; every user has, where this is missing. */
  readonly isFor?: (entry: SiteEntry) => boolean;
}

export const PAGES: readonly Page[] = [
  {
    path: "overview",
    title: "screen_page_overview",
    icon: "mdi:home-battery-outline",
    tag: "nattery-overview-page",
    load: () => import("./pages/overview"),
  },
  {
    path: "plan",
    title: "screen_part_plan",
    icon: "mdi:chart-timeline-variant",
    tag: "nattery-plan-page",
    load: () => import("./pages/plan"),
    isFor: (entry) => entry.trading && entry.may.see,
  },
  {
    path: "savings",
    title: "screen_page_savings",
    icon: "mdi:piggy-bank-outline",
    tag: "nattery-savings-page",
    load: () => import("./pages/savings"),
    isFor: (entry) => entry.trading && entry.may.see,
  },
  {
    path: "control",
    title: "screen_page_control",
    icon: "mdi:tune-variant",
    tag: "nattery-control-page",
    load: () => import("./pages/control"),
    isFor: (entry) => entry.trading && entry.may.see,
  },
  {
    path: "inverter",
    title: "screen_inverter",
    icon: "mdi:memory",
    tag: "nattery-inverter-page",
    load: () => import("./pages/inverter"),
    isFor: (entry) => entry.may.registers,
  },
  {
    path: "health",
    title: "screen_page_health",
    icon: "mdi:heart-pulse",
    tag: "nattery-health-page",
    load: () => import("./pages/health"),
    isFor: (entry) => entry.may.see,
  },
];

/** Return the pages that a user has. */
export function pagesFor(entry: SiteEntry): Page[] {
  return PAGES.filter((page) => page.isFor?.(entry) ?? true);
}

/** Return the page of an address, the first for an unknown one. */
export function pageAt(path: string, pages: readonly Page[]): Page | undefined {
  const name = path.split("/")[1];
  return pages.find((page) => page.path === name) ?? pages[0];
}
