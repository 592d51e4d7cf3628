/** What every part of the screen needs of Home Assistant, kept as long as none of it changes. */
import type { Connection } from "home-assistant-js-websocket";
import { Formats } from "../i18n/formats";
import { Sentences } from "../i18n/sentences";
import { wordsOf, type TextKey, type TextValues, type Words } from "../i18n/words";
import type { Reason } from "./api";
import { asCommandError, type Message } from "./store";
import type { CommandError, Hass, HassUser } from "./hass";

export class Home {
  private readonly sentencesOf = new Map<string, Sentences>();

  constructor(
    readonly connection: Connection,
    readonly words: Words,
    readonly formats: Formats,
    readonly user: HassUser | undefined,
    readonly isDark: boolean,
  ) {}

  /** Return a text of the screen in the viewer's language. */
  text(key: TextKey, values?: TextValues): string {
    return this.words.text(key, values);
  }

  /** Return the sentence of a reason. */
  sentence(reason: Reason, currency: string, now: number): string {
    return this.sentences(currency).sentence(reason, now);
  }

  sentences(currency: string): Sentences {
    let sentences = this.sentencesOf.get(currency);
    if (!sentences) this.sentencesOf.set(currency, (sentences = new Sentences(this.words, this.formats, currency)));
    return sentences;
  }

  /** Return what a sum does, in words: "costs €0.57" or "earns €0.64". */
  cost(amount: number, currency: string): string {
    if (Math.abs(amount) < 0.005) return this.text("screen_costs_nothing");
    const sum = this.formats.money(amount, currency);
    return this.text(amount < 0 ? "screen_earns" : "screen_costs", { sum });
  }

  /** Return what a sum saves, in words: "saves €1.83" or "loses €0.20". */
  saving(amount: number, currency: string): string {
    const sum = this.formats.money(amount, currency);
    return this.text(amount < -0.005 ? "screen_loses" : "screen_saves", { sum });
  }

  /** Send a command and return its result; throw a CommandError. */
  async command<T>(message: Message): Promise<T> {
    try {
      return await this.connection.sendMessagePromise<T>(message);
    } catch (error) {
      throw asCommandError(error); // eslint-disable-line @typescript-eslint/only-throw-error
    }
  }

  /** Return the sentence of a command's error in the viewer's language. */
  async errorText(error: CommandError): Promise<string> {
    const { errorText } = await import("./errors");
    return errorText(this, error);
  }
}

const homes = new WeakMap<Connection, { key: string; home: Home }[]>();

/** Return the home of a `hass` object: the same as long as connection, user, locale, zone and darkness are. */
export function homeOf(hass: Hass): Home {
  const { connection, locale, user, config } = hass;
  // Always the house's: days are booked by its midnight, and a traveller's browser is elsewhere.
  const zone = config.time_zone;
  const isDark = hass.themes?.darkMode ?? false;
  const key = JSON.stringify([locale, hass.language, zone, user?.id, user?.is_admin, isDark]);
  let known = homes.get(connection);
  if (!known) homes.set(connection, (known = []));
  const found = known.find((one) => one.key === key);
  if (found) return found.home;
  const formats = new Formats({ ...locale, language: locale.language || hass.language }, zone);
  const home = new Home(connection, wordsOf(connection, locale.language || hass.language), formats, user, isDark);
  known.unshift({ key, home });
  known.length = Math.min(known.length, 4);
  return home;
}
