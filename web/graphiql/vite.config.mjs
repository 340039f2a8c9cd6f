import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Moves what packages wrote into their style sheets as data URIs into files of their own: the page's policy allows no other fonts. */
const unpackDataUris = {
  name: "unpack-data-uris",
  generateBundle(_options, bundle) {
    for (const sheet of Object.values(bundle)) {
      if (sheet.type !== "asset" || !sheet.fileName.endsWith(".css")) continue;
      sheet.source = String(sheet.source).replace(DATA_URI, (_whole, _quote, type, base64, data) => {
        const source = base64 ? Buffer.from(data, "base64") : decodeURIComponent(data);
        const name = `inlined.${type.replace(/^.*\//, "").replace("+xml", "")}`;
        return `url(/${BASE}/${this.getFileName(this.emitFile({ type: "asset", name, source }))})`;
      });
    }
  },
};
const DATA_URI = /url\((["']?)data:([\w/+-]+)(?:;[\w=-]+)*?(;base64)?,(.*?)\1\)/g;

const BASE = "graphiql";

export default defineConfig({
  root: at("."),
  base: `/${BASE}/`,
  logLevel: "error",
  publicDir: false,
  plugins: [unpackDataUris],
  worker: { format: "es" },
  build: {
    outDir: at(`../../dist/${BASE}`),
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 10_000,
    reportCompressedSize: false,
  },
});
