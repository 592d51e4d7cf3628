/** The English texts by their paths, as Home Assistant serves them. */
import english from "../../translations/en.json";
import { Words } from "../src/i18n/words";

interface Nested {
  readonly [name: string]: string | Nested;
}

export function flatten(texts: Nested, path = ""): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === "string") flat[path + key] = value;
    else Object.assign(flat, flatten(value, `${path}${key}.`));
  }
  return flat;
}

export const TEXTS = flatten(english);

export const englishWords = (): Words => Words.of(TEXTS);
