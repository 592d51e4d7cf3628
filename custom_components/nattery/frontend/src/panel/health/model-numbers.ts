/** The numbers behind a part's sentence, for administrators. Pure. */
import type { Health, Poll } from "../../data/api";
import type { Home } from "../../data/home";
import type { TextKey } from "../../i18n/words";
import { errorShare, instantOf, momentText, type PartKey, type Situation } from "./model";

export type Fact = readonly [name: TextKey, value: string];

/** Return the numbers of a part that are known. */
export function numbersOf(part: PartKey, { home, health, plan, now }: Situation): Fact[] {
  const given = giver(home, now);
  switch (part) {
    case "line":
      return lineNumbers(health.line, given);
    case "inverter":
      return health.polls ? inverterNumbers(health.polls, given) : [];
    case "prices":
      return health.prices ? priceNumbers(health.prices, given) : [];
    case "plan":
      return [
        ...given("screen_fact_solver", plan?.solver),
        ...given.moment("screen_fact_made", plan?.made_at),
        ...given.count("screen_fact_slots", plan?.slots.start?.length),
      ];
    case "ledger":
      return [
        ...given("screen_fact_database", health.database?.kind),
        ...given.moment("screen_fact_last_booked", health.database?.last),
        ...given.count("screen_fact_pending", health.database?.pending),
      ];
    case "forecast":
      return [...forecastNumbers("pv", health.forecast, given), ...forecastNumbers("load", health.forecast, given)];
    case "repairs":
      return [];
  }
}

/** Makes facts of values that are known, and nothing of others. */
interface Giver {
  (name: TextKey, value: string | null | undefined): Fact[];
  count(name: TextKey, value: number | null | undefined): Fact[];
  share(name: TextKey, value: number | null | undefined): Fact[];
  ms(name: TextKey, seconds: number | null | undefined): Fact[];
  seconds(name: TextKey, seconds: number | null | undefined): Fact[];
  energy(name: TextKey, kwh: number | null | undefined): Fact[];
  ago(name: TextKey, at: string | null | undefined): Fact[];
  moment(name: TextKey, at: string | null | undefined): Fact[];
}

function giver(home: Home, now: number): Giver {
  const { formats } = home;
  const given = (name: TextKey, value: string | null | undefined): Fact[] => (value ? [[name, value]] : []);
  const numeric =
    (format: (value: number) => string) =>
    (name: TextKey, value: number | null | undefined): Fact[] =>
      value == null ? [] : [[name, format(value)]];
  const timed =
    (format: (at: number) => string) =>
    (name: TextKey, text: string | null | undefined): Fact[] => {
      const at = instantOf(text);
      return at === undefined ? [] : [[name, format(at)]];
    };
  return Object.assign(given, {
    count: numeric((value) => formats.number(value)),
    share: numeric((value) => formats.percent(value, 1)),
    ms: numeric((seconds) => `${formats.number(seconds * 1000)}\u00a0ms`),
    seconds: numeric((seconds) => `${formats.number(seconds, 1)}\u00a0s`),
    energy: numeric((kwh) => formats.energy(kwh)),
    ago: timed((at) => formats.ago(Math.max(0, now - at) / 1000)),
    moment: timed((at) => momentText(home, at)),
  });
}

function lineNumbers(line: Health["line"], given: Giver): Fact[] {
  return [
    ...given.ms("screen_fact_turnaround", line.turnaround_p50),
    ...given.ms("screen_fact_turnaround_slow", line.turnaround_p99),
    ...given.ms("screen_fact_queue", line.queue_wait_p99),
    ...given.share("screen_fact_load", line.bus_load),
    ...given.count("screen_fact_requests", line.requests),
    ...(line.errors ? given.share("screen_fact_error_share", errorShare(line)) : []),
    ...given.count("screen_fact_late", line.late_responses),
    ...given.count("screen_fact_foreign", line.foreign_frames),
    ...given.count("screen_fact_reconnects", line.reconnects),
  ];
}

function inverterNumbers(polls: NonNullable<Health["polls"]>, given: Giver): Fact[] {
  const poll = (name: TextKey, one: Poll): Fact[] => given.ago(name, one.read_at);
  const rejected = Object.values(polls.rejected_values).reduce((sum, count) => sum + count, 0);
  return [
    ...poll("screen_fact_readings", polls.readings),
    ...poll("screen_fact_settings", polls.settings),
    ...poll("screen_fact_statistics", polls.statistics),
    ...given.seconds("screen_fact_reading_time", polls.readings.seconds),
    ...given.count("screen_fact_written", polls.writes_today),
    ...given.count("screen_fact_write_limit", polls.write_limit),
    ...given.count("screen_fact_rejected", rejected),
    ...given.count("screen_fact_unsupported", polls.unsupported.length),
  ];
}

function priceNumbers(prices: NonNullable<Health["prices"]>, given: Giver): Fact[] {
  return [
    ...given.moment("screen_fact_known_until", prices.known_until),
    ...given.ago("screen_fact_last_fetch", prices.last_success),
    ...given.moment("screen_fact_next_fetch", prices.next_fetch?.at),
    ...given.seconds("screen_fact_fetch_time", prices.seconds),
    ...given.share("screen_fact_success_rate", prices.success_rate),
    ...given.count("screen_fact_failures", prices.failures),
  ];
}

const FORECASTS = {
  pv: { error: "screen_fact_sun_error", daily: "screen_fact_sun_daily", hourly: "screen_fact_sun_hourly" },
  load: { error: "screen_fact_house_error", daily: "screen_fact_house_daily", hourly: "screen_fact_house_hourly" },
} as const;

function forecastNumbers(kind: "pv" | "load", forecast: Health["forecast"], given: Giver): Fact[] {
  const quality = forecast?.[kind];
  const names = FORECASTS[kind];
  return [
    ...given.share(names.error, quality?.relative_error),
    ...given.energy(names.daily, quality?.mean_absolute_error),
    ...given.share(names.hourly, quality?.hourly_error),
  ];
}
