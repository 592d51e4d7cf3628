/** States of the entities of an entry. */
import type { HassEntity } from "home-assistant-js-websocket";
import type { SiteEntry } from "./api";
import type { Hass } from "./hass";

/** Return the id of an entity by its platform and key, undefined if the user may not read it. */
export function entityIdOf(entry: SiteEntry, platform: string, key: string): string | undefined {
  return entry.entities[`${platform}.${key}`] ?? entry.entities[key];
}

export function stateOf(hass: Hass | undefined, entry: SiteEntry, platform: string, key: string) {
  const id = entityIdOf(entry, platform, key);
  const state: HassEntity | undefined = id === undefined ? undefined : hass?.states[id];
  return state;
}

/** Return the number of a state, null where it is unknown. */
export function numberOf(state: HassEntity | undefined): number | null {
  const text = state?.state.trim();
  const value = text ? Number(text) : NaN;
  return Number.isFinite(value) ? value : null;
}

/** Return the power of a state in kW, whatever unit the user has chosen for it. */
export function kilowattsOf(state: HassEntity | undefined): number | null {
  const value = numberOf(state);
  const unit = state?.attributes.unit_of_measurement ?? "W";
  const perKilowatt: Readonly<Record<string, number>> = { mW: 1e6, W: 1e3, kW: 1, MW: 1e-3, GW: 1e-6, TW: 1e-9 };
  return value === null ? null : value / (perKilowatt[unit] ?? 1e3);
}

/** Return the name of a user by the person that it is, undefined where nobody says. */
export function userName(hass: Hass | undefined, userId: string): string | undefined {
  if (hass?.user?.id === userId) return hass.user.name;
  const person = Object.values(hass?.states ?? {}).find(
    (one) => one.entity_id.startsWith("person.") && one.attributes["user_id"] === userId,
  );
  return person?.attributes.friendly_name;
}
