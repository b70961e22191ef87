import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  driver: "d1-http",
  schema: [
    "./shared/registry/schema.ts",
    "./shared/registry/mesh-schema.ts",
    "./shared/registry/history-schema.ts",
    "./shared/registry/notification-schema.ts",
    "./shared/registry/signal-schema.ts",
    "./shared/registry/log-schema.ts",
    "./shared/registry/grant-schema.ts",
    "./shared/registry/oauth-schema.ts",
    "./shared/registry/passkey-schema.ts",
    "./shared/registry/hub-schema.ts",
    "./shared/registry/scim-schema.ts",
    "./shared/registry/suggestion-schema.ts",
  ],
  out: "./migrations",
});
