import { describe, expect, it } from "vitest";
import type { HassLocale } from "../src/data/hass";
import { Formats } from "../src/i18n/formats";

const LOCALE: HassLocale = { language: "en", number_format: "language", time_format: "24", date_format: "YMD" };
const AT = Date.parse("2026-11-27T16:45:00Z");
const formats = (change: Partial<HassLocale> = {}, zone = "Europe/Berlin"): Formats =>
  new Formats({ ...LOCALE, ...change }, zone);
const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/g, " ");

describe("numbers", () => {
  it("are in the format that the user has chosen", () => {
    expect(formats().number(1234.5, 1)).toBe("1,234.5");
    expect(formats({ number_format: "decimal_comma" }).number(1234.5, 1)).toBe("1.234,5");
    expect(formats({ number_format: "none" }).number(1234.5, 1)).toBe("1234.5");
    expect(formats({ language: "de" }).number(1.5, 1)).toBe("1,5");
    expect(formats({ number_format: "system" }).number(1.5, 2, true)).toMatch(/1.50/);
  });

  it("never show a negative zero", () => {
    expect(formats().number(-0.04, 1)).toBe("0");
    expect(formats().number(-0.06, 1)).toBe("-0.1");
  });

  it("have units", () => {
    const f = formats();
    expect(plain(f.power(1.44))).toBe("1.4 kW");
    expect(plain(f.power(14.4))).toBe("14 kW");
    expect(plain(f.energy(1.44))).toBe("1.4 kWh");
    expect(plain(f.energy(144.4))).toBe("144 kWh");
    expect(f.percent(0.624)).toBe("62%");
  });
});

describe("money", () => {
  it("names prices in the subunit", () => {
    expect(plain(formats().price(0.0444, "EUR"))).toBe("4.4 ct");
    expect(plain(formats().price(38.44, "HUF"))).toBe("38.4 Ft");
    expect(plain(formats().price(0.0444, "XAU"))).toBe("0.044 XAU");
  });

  it("shows sums without a sign, as words say what they are", () => {
    expect(formats().money(-0.64, "EUR")).toBe("€0.64");
    expect(plain(formats({ language: "de" }).money(1234.5, "EUR"))).toBe("1.234,50 €");
    expect(plain(formats().money(1.5, "not money"))).toBe("1.50 not money");
  });
});

describe("times", () => {
  it("are those of the home, in the user's way", () => {
    expect(formats().clock(AT)).toBe("17:45");
    expect(plain(formats({ time_format: "12" }).clock(AT))).toMatch(/^5:45 ?pm$/i);
    expect(formats({}, "Europe/Helsinki").clock(AT)).toBe("18:45");
    expect(formats({ time_format: "language", language: "en-US" }).isTwelveHours).toBe(true);
    expect(formats({ time_format: "language", language: "de" }).isTwelveHours).toBe(false);
    expect(typeof formats({ time_format: "system" }).isTwelveHours).toBe("boolean");
    expect(formats().hour(AT)).toBe("17");
    expect(plain(formats({ time_format: "12" }).hour(AT))).toMatch(/^5 ?pm$/i);
    expect(formats().clock(Date.parse("2026-11-26T23:00:00Z"))).toBe("00:00");
  });

  it("have names for days", () => {
    expect(formats().day(AT)).toBe("Fri 27 Nov");
    expect(formats().day(AT, true)).toBe("Friday 27 November");
    expect(formats().weekday(AT)).toBe("Fri");
    expect(formats().weekday(AT, true)).toBe("Friday");
    expect(formats().month(AT)).toBe("November 2026");
    expect(formats().month(AT, false)).toBe("November");
  });

  it("have dates in the chosen order", () => {
    expect(formats().date(AT)).toBe("2026-11-27");
    expect(formats({ date_format: "DMY" }).date(AT)).toBe("27/11/2026");
    expect(formats({ date_format: "MDY" }).date(AT)).toBe("11/27/2026");
    expect(formats({ date_format: "language", language: "de" }).date(AT)).toBe("27.11.2026");
  });

  it("tell how long ago something was", () => {
    expect([5, 120, 7200, 172_800].map((seconds) => formats().ago(seconds))).toEqual([
      "5 seconds ago",
      "2 minutes ago",
      "2 hours ago",
      "2 days ago",
    ]);
  });
});

it("lists texts", () => {
  expect(formats().list(["a", "b", "c"])).toBe("a, b and c");
});

it("takes English for a language that the browser does not know", () => {
  expect(formats({ language: "not a language" }).day(AT)).toBe("Fri 27 Nov");
  expect(formats({ language: "tlh" }).day(AT)).toBe("Fri 27 Nov");
});
