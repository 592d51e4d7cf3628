/** A home with the English texts, for models that make sentences. */
import type { Connection } from "home-assistant-js-websocket";
import type { HassLocale } from "../src/data/hass";
import { Home } from "../src/data/home";
import { Formats } from "../src/i18n/formats";
import { englishWords } from "./english";
import { FakeConnection } from "./fake_connection";

const LOCALE: HassLocale = { language: "en", number_format: "language", time_format: "24", date_format: "language" };

export function englishHome(
  connection: Connection = new FakeConnection().asConnection(),
  zone = "Europe/Berlin",
  isAdministrator = true,
): Home {
  const user = { id: "u", name: "User", is_admin: isAdministrator };
  return new Home(connection, englishWords(), new Formats(LOCALE, zone), user, false);
}
