import { defineConfig } from "vitest/config";
import { minifyTemplates } from "./minify_templates.ts";

const SOURCES = "src";

// build.js builds, compresses and names the folder; this only says what is built from what.
export default defineConfig({
  publicDir: false,
  plugins: [minifyTemplates()],
  build: {
    target: "es2022",
    modulePreload: false,
    minify: true,
    reportCompressedSize: false,
    // A library, since a page of its own would get helpers for preloading that nothing here needs.
    lib: { entry: { loader: `${SOURCES}/loader.ts`, panel: `${SOURCES}/panel.ts` }, formats: ["es"] },
    rolldownOptions: {
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        minify: true,
        // What every card and page needs is one file, which compresses better than several.
        codeSplitting: {
          groups: [{ name: "base", test: /src.(ui.(actions|element|styles)|data.(controllers|home|site)|i18n.)/ }],
        },
      },
    },
  },
  test: {
    include: ["tests/**/*.test.ts"],
    environment: "node",
    env: { TZ: "America/New_York" }, // neither the home's zone nor UTC, so that a time in the wrong zone shows
    coverage: {
      provider: "v8",
      // The logic; how elements look and behave is for the browser tests.
      include: [`${SOURCES}/{i18n,data}/*.ts`, `${SOURCES}/lazy.ts`, `${SOURCES}/**/{model,geometry}*.ts`],
      exclude: [`${SOURCES}/data/{api,hass,controllers}.ts`],
      reporter: ["text"],
      thresholds: { branches: 95 },
    },
  },
});
