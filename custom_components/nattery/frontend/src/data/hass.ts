/** The parts of Home Assistant's `hass` object that the screen reads. */
import type { Connection, HassEntities } from "home-assistant-js-websocket";

export interface HassLocale {
  readonly language: string;
  readonly number_format:
    "language" | "system" | "comma_decimal" | "decimal_comma" | "quote_decimal" | "space_comma" | "none";
  readonly time_format: "language" | "system" | "12" | "24";
  readonly date_format: "language" | "system" | "DMY" | "MDY" | "YMD";
  readonly time_zone?: "local" | "server";
  readonly first_weekday?: string;
}

export interface HassUser {
  readonly id: string;
  readonly name: string;
  readonly is_admin: boolean;
}

export interface Hass {
  readonly connection: Connection;
  readonly connected?: boolean;
  readonly states: HassEntities;
  readonly language: string;
  readonly locale: HassLocale;
  readonly user?: HassUser;
  readonly config: { readonly time_zone: string };
  readonly themes?: { readonly darkMode?: boolean };
  callService(
    domain: string,
    service: string,
    data?: Readonly<Record<string, unknown>>,
    target?: { readonly entity_id?: string },
  ): Promise<unknown>;
}

/** What Home Assistant gives a panel beside `hass`. */
export interface PanelRoute {
  readonly prefix: string;
  readonly path: string;
}

/** An error of a websocket command, as docs/api.md describes it. */
export interface CommandError {
  readonly code: string;
  readonly message: string;
  readonly translation_domain?: string;
  readonly translation_key?: string;
  readonly translation_placeholders?: Readonly<Record<string, string>>;
}
