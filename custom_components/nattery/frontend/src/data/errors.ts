/** Sentences for errors of commands, loaded when there is one. */
import { fill } from "../i18n/words";
import type { CommandError } from "./hass";
import type { Home } from "./home";

/** Return the sentence of an error in the viewer's language. */
export async function errorText({ words }: Home, error: CommandError): Promise<string> {
  await words.load("exceptions");
  const { translation_domain: domain, translation_key: key, translation_placeholders: values } = error;
  const text = domain === "nattery" && key !== undefined ? words.find(`exceptions.${key}.message`) : undefined;
  if (text !== undefined) return fill(text, values ?? {});
  if (error.code === "disconnected") return words.text("screen_disconnected");
  if (error.code === "unauthorized" || error.message === "Unauthorized") return words.text("screen_not_allowed");
  return error.message || words.text("screen_failed");
}
