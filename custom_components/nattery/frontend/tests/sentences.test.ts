import { describe, expect, it } from "vitest";
import type { Reason } from "../src/data/api";
import type { HassLocale } from "../src/data/hass";
import { Formats } from "../src/i18n/formats";
import { Sentences } from "../src/i18n/sentences";
import { Words } from "../src/i18n/words";
import { englishWords } from "./english";
import core from "./fixtures/sentences.json";

// As the core writes numbers and times, whoever reads them.
const LOCALE: HassLocale = { language: "en", number_format: "none", time_format: "24", date_format: "YMD" };
const NOW = Date.parse(core.now);
const sentences = (words = englishWords()): Sentences =>
  new Sentences(words, new Formats(LOCALE, core.zone), core.currency);
const plain = (text: string | undefined): string | null => text?.replaceAll("\u00a0", " ") ?? null;

describe("the twin of core/sentences.py", () => {
  it.each(core.examples.map((one) => [one.reason.key, one] as const))("says the same for %s", (_, one) => {
    const reason = one.reason as unknown as Reason;
    expect(plain(sentences().sentence(reason, NOW))).toBe(one.sentence);
    expect(plain(sentences().details(reason, NOW))).toBe(one.details);
  });

  const time = (at: string): string => sentences().sentence({ key: "control_override", values: { until: at } }, NOW);

  it("names the day of a time that is neither today nor tomorrow", () => {
    expect(time("2026-11-20T17:45:00+00:00")).toBe("Set by you until 18:45.");
    expect(time("2026-11-21T17:45:00+00:00")).toBe("Set by you until 18:45.");
    expect(time("2026-11-23T17:45:00+00:00")).toBe("Set by you until Monday 18:45.");
    expect(time("2026-11-22T17:45:00+00:00")).toBe("Set by you until Sunday 18:45.");
    expect(time("2026-12-20T17:45:00+00:00")).toBe("Set by you until 2026-12-20 18:45.");
  });

  it("names the day of a price that is not known yet", () => {
    const day = (at: string): string =>
      sentences().sentence({ key: "plan_keep_later", values: { price: 0.2, unknown_day: at } }, NOW);
    expect(day("2026-11-21T00:00:00+01:00")).toContain("tomorrow");
    expect(day("2026-11-24T00:00:00+01:00")).toContain("Tuesday");
    expect(day("2027-01-01T00:00:00+01:00")).toContain("2027-01-01");
  });

  it("adds what flags say", () => {
    const flagged: Reason = { key: "plan_full", values: { undone: true, kept: true, curtail_kw: 0.5 } };
    expect(sentences().sentence(flagged, NOW)).toMatch(/^The battery is full.+\. .+/);
    expect(sentences().details(flagged, NOW)).toContain("0.5 kW");
  });

  it("stays readable with a key, a value or a text that this version does not know", () => {
    expect(sentences().sentence({ key: "of_another_version", values: {} }, NOW)).toBe("of_another_version");
    expect(sentences().sentence({ key: "control_override", values: {} }, NOW)).toBe("Set by you until ….");
    expect(time("never")).toBe("Set by you until ….");
    const nonsense: Reason = { key: "plan_recover", values: { power_kw: Number.NaN, price: "dear" } };
    expect(sentences().details(nonsense, NOW)).toBeUndefined();
    expect(sentences(Words.of({})).sentence({ key: "control_override", values: { until: core.now } }, NOW)).toBe(
      "control_override",
    );
  });

  it("names settings, alarms and errors", () => {
    const s = sentences();
    expect(s.nameOf("alarm_17")).toBe("alarm 17");
    expect(s.nameOf("nothing_of_ours")).toBe("nothing_of_ours");
    const detail: Reason = { key: "control_write_failed", values: { detail: "why", until: core.now } };
    expect(s.details(detail, NOW)).toBe("why");
    expect(s.details({ key: "control_write_failed", values: { detail: { key: "no_text", values: {} } } }, NOW)).toBe(
      "no_text",
    );
  });
});
