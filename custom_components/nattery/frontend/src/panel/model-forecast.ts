/** How good the forecasts of the last days were, in a sentence. Pure. */
import type { ForecastQuality, Health } from "../data/api";
import type { Home } from "../data/home";
import type { TextKey } from "../i18n/words";

const BIASED = 0.05;

/** Return the sentence, undefined before a day could be compared. */
export function forecastText(home: Home, forecast: Health["forecast"]): string | undefined {
  const parts = [
    partText(home, "screen_forecast_sun", forecast?.pv ?? null),
    partText(home, "screen_forecast_house", forecast?.load ?? null),
  ].filter((part) => part !== undefined);
  if (parts.length === 0) return undefined;
  const days = Math.max(forecast?.pv?.days ?? 0, forecast?.load?.days ?? 0);
  return home.text(days === 1 ? "screen_forecast_one_day" : "screen_forecast_days", {
    days: home.formats.number(days),
    parts: home.formats.list(parts),
  });
}

/** Return the larger relative error of both forecasts; 0 if none is known. */
export function forecastError(forecast: Health["forecast"]): number {
  return Math.max(forecast?.pv?.relative_error ?? 0, forecast?.load?.relative_error ?? 0);
}

function partText(home: Home, text: TextKey, quality: ForecastQuality | null): string | undefined {
  if (quality?.relative_error == null) return undefined;
  const error = home.text(text, { share: home.formats.percent(quality.relative_error) });
  const bias = quality.relative_bias ?? 0;
  if (Math.abs(bias) < BIASED) return error;
  return `${error} ${home.text(bias > 0 ? "screen_forecast_high" : "screen_forecast_low")}`;
}
