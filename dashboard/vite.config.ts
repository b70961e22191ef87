import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { endpointRoutes } from "./endpoint-routes.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

export default defineConfig({
  root: here,
  base: "/",
  plugins: [endpointRoutes(), react()],
  build: {
    outDir: "../dist/dashboard",
    emptyOutDir: true,
    // The CSP allows no data: URL and no inline script, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // What many pages use is one file: a dozen small ones take longer than they are worth.
        codeSplitting: {
          groups: [{ name: "common", test: /\/(dashboard|shared)\/(?!pages\/)/, minShareCount: 3 }],
        },
      },
    },
  },
});
