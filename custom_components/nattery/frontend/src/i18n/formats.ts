/** Numbers, money, days and times in Home Assistant's locale. The formatters are kept, since making one is slow. */
import type { HassLocale } from "../data/hass";
import { Zone } from "./zone";

interface Subunit {
  readonly unit: string;
  readonly perCurrency: number;
  readonly decimals: number;
}

/** How people name a price per kWh; the same table is in core/sentences.py. */
export const SUBUNITS: Readonly<Record<string, Subunit>> = {
  EUR: { unit: "ct", perCurrency: 100, decimals: 1 },
  BGN: { unit: "st", perCurrency: 100, decimals: 1 },
  CHF: { unit: "Rp.", perCurrency: 100, decimals: 1 },
  CZK: { unit: "h", perCurrency: 100, decimals: 1 },
  DKK: { unit: "øre", perCurrency: 100, decimals: 1 },
  GBP: { unit: "p", perCurrency: 100, decimals: 1 },
  HUF: { unit: "Ft", perCurrency: 1, decimals: 1 },
  NOK: { unit: "øre", perCurrency: 100, decimals: 1 },
  PLN: { unit: "gr", perCurrency: 100, decimals: 1 },
  RON: { unit: "bani", perCurrency: 100, decimals: 1 },
  SEK: { unit: "öre", perCurrency: 100, decimals: 1 },
};

export function subunitOf(currency: string): Subunit {
  return SUBUNITS[currency] ?? { unit: currency, perCurrency: 1, decimals: 3 };
}

const NUMBER_LANGUAGES: Readonly<Record<string, string | string[] | undefined>> = {
  comma_decimal: ["en-US", "en"],
  decimal_comma: ["de", "es", "it"],
  space_comma: ["fr", "sv", "cs"],
  quote_decimal: ["de-CH"],
  system: undefined,
};

export class Formats {
  readonly zone: Zone;
  private readonly language: string;
  private readonly numbers = new Map<string, Intl.NumberFormat>();
  private readonly times = new Map<string, Intl.DateTimeFormat>();

  constructor(
    private readonly locale: HassLocale,
    zone: string,
  ) {
    this.zone = new Zone(zone);
    this.language = supported(locale.language);
  }

  /** Return a number with so many decimals at most, or exactly. */
  number(value: number, decimals = 0, exactly = false): string {
    const format = this.numberFormat(`${decimals}${exactly ? "!" : ""}`, {
      maximumFractionDigits: decimals,
      minimumFractionDigits: exactly ? decimals : 0,
    });
    return format.format(withoutNegativeZero(value, decimals));
  }

  /** Return a price per kWh, such as "4.4 ct". */
  price(amount: number, currency: string): string {
    return `${this.priceNumber(amount, currency)}\u00a0${subunitOf(currency).unit}`;
  }

  /** Return the number of a price per kWh in the subunit of its currency. */
  priceNumber(amount: number, currency: string): string {
    const { perCurrency, decimals } = subunitOf(currency);
    return this.number(amount * perCurrency, decimals);
  }

  /** Return a sum without its sign, such as "€0.64": words say whether it is earned or paid. */
  money(amount: number, currency: string): string {
    try {
      return this.numberFormat(currency, { style: "currency", currency }).format(Math.abs(amount));
    } catch {
      return `${this.number(Math.abs(amount), 2, true)}\u00a0${currency}`; // not a currency's code
    }
  }

  /** Return a power in kW as people read it, such as "1.4 kW". */
  power(kw: number): string {
    return `${this.number(kw, Math.abs(kw) < 10 ? 1 : 0)}\u00a0kW`;
  }

  energy(kwh: number): string {
    return `${this.number(kwh, Math.abs(kwh) < 100 ? 1 : 0)}\u00a0kWh`;
  }

  /** Return a share of 0 to 1 in percent. */
  percent(share: number, decimals = 0): string {
    return this.numberFormat(`%${decimals}`, { style: "percent", maximumFractionDigits: decimals }).format(share);
  }

  /** Return the local time of an instant, such as "17:45" or "5:45 PM". */
  clock(instant: number): string {
    return this.timeFormat("clock", { hour: this.isTwelveHours ? "numeric" : "2-digit", minute: "2-digit" }).format(
      instant,
    );
  }

  /** Return the hour of an instant for an axis, such as "18" or "6 PM". */
  hour(instant: number): string {
    if (this.isTwelveHours) return this.timeFormat("hour", { hour: "numeric" }).format(instant);
    return String(this.zone.local(instant).hour).padStart(2, "0");
  }

  /** Return the day of an instant, such as "Fri 27 Nov" or, long, "Friday 27 November". */
  day(instant: number, long = false): string {
    const style = long ? "long" : "short";
    return this.timeFormat(`day-${style}`, { weekday: style, day: "numeric", month: style }).format(instant);
  }

  weekday(instant: number, long = false): string {
    const style = long ? "long" : "short";
    return this.timeFormat(`weekday-${style}`, { weekday: style }).format(instant);
  }

  /** Return the month of an instant, such as "November 2026". */
  month(instant: number, withYear = true): string {
    return this.timeFormat(`month-${withYear}`, {
      month: "long",
      ...(withYear ? { year: "numeric" as const } : {}),
    }).format(instant);
  }

  /** Return a date in numbers, in the order that the user has set. */
  date(instant: number): string {
    const [year = "", month = "", day = ""] = this.zone.dayOf(instant).split("-");
    switch (this.locale.date_format) {
      case "YMD":
        return `${year}-${month}-${day}`;
      case "DMY":
        return `${day}/${month}/${year}`;
      case "MDY":
        return `${month}/${day}/${year}`;
      default:
        return this.timeFormat("date", { year: "numeric", month: "numeric", day: "numeric" }).format(instant);
    }
  }

  /** Return texts as a list, such as "a, b and c". */
  list(texts: readonly string[]): string {
    return new Intl.ListFormat(this.language, { type: "conjunction" }).format(texts);
  }

  /** Return how long ago something was, such as "5 minutes ago". */
  ago(seconds: number): string {
    const format = new Intl.RelativeTimeFormat(this.language, { numeric: "auto" });
    if (seconds < 60) return format.format(-Math.round(seconds), "second");
    if (seconds < 3600) return format.format(-Math.round(seconds / 60), "minute");
    if (seconds < 86_400) return format.format(-Math.round(seconds / 3600), "hour");
    return format.format(-Math.round(seconds / 86_400), "day");
  }

  get isTwelveHours(): boolean {
    const { time_format: format } = this.locale;
    if (format === "12" || format === "24") return format === "12";
    const language = format === "system" ? undefined : this.language;
    return (
      this.kept(this.times, "cycle", () => new Intl.DateTimeFormat(language, { hour: "numeric" })).resolvedOptions()
        .hour12 === true
    );
  }

  private numberFormat(key: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
    const { number_format: format } = this.locale;
    const language = format in NUMBER_LANGUAGES ? NUMBER_LANGUAGES[format] : this.language;
    const grouping = format === "none" ? { useGrouping: false } : {};
    return this.kept(this.numbers, key, () => new Intl.NumberFormat(language, { ...options, ...grouping }));
  }

  private timeFormat(key: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    const cycle = "hour" in options ? { hourCycle: this.isTwelveHours ? ("h12" as const) : ("h23" as const) } : {};
    return this.kept(
      this.times,
      key,
      () => new Intl.DateTimeFormat(this.language, { ...options, ...cycle, timeZone: this.zone.name }),
    );
  }

  private kept<T>(formats: Map<string, T>, key: string, make: () => T): T {
    let format = formats.get(key);
    if (format === undefined) formats.set(key, (format = make()));
    return format;
  }
}

function supported(language: string): string {
  try {
    const [found] = Intl.DateTimeFormat.supportedLocalesOf(language);
    // English as Europe writes it: the day before the month.
    return found === undefined || found === "en" ? "en-GB" : found;
  } catch {
    return "en-GB";
  }
}

function withoutNegativeZero(value: number, decimals: number): number {
  return Math.abs(value) < 0.5 / 10 ** decimals ? 0 : value;
}
