import { join } from "node:path";
import { defineConfig } from "vite";

/** Builds the page that shows elements without Home Assistant; `npx vite build tests/harness --outDir FOLDER`. */
export default defineConfig({
  base: "./",
  publicDir: false,
  build: {
    target: "es2022",
    minify: false,
    emptyOutDir: true,
    rolldownOptions: { input: ["index.html", "pages.html"].map((name) => join(import.meta.dirname, name)) },
  },
});
