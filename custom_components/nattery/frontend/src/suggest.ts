/** Suggests a card for an entity that is chosen in Home Assistant's card picker. */

/** The registries that Home Assistant gives the picker. */
export interface SuggestingHass {
  readonly entities?: Readonly<
    Record<string, { readonly platform?: string; readonly translation_key?: string; readonly device_id?: string }>
  >;
  readonly devices?: Readonly<Record<string, { readonly primary_config_entry?: string | null }>>;
}

export interface Suggestion {
  readonly config: { readonly type: string; readonly entry?: string };
}

export function suggestionFor(
  hass: SuggestingHass,
  entityId: string,
  tag: string,
  suits: readonly string[],
): Suggestion | null {
  const entity = hass.entities?.[entityId];
  if (entity?.platform !== "nattery" || !suits.includes(entity.translation_key ?? "")) return null;
  const entry = hass.devices?.[entity.device_id ?? ""]?.primary_config_entry;
  return { config: { type: `custom:${tag}`, ...(entry ? { entry } : {}) } };
}
