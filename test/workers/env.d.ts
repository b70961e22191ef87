type Worker = typeof import("../../workers/index.ts");
type Classes = typeof import("../../shared/bindings.ts").OBJECT_CLASSES;
type Objects = {
  readonly [Binding in keyof Classes]: DurableObjectNamespace<InstanceType<Worker[Classes[Binding]]>>;
};

/** What `vitest.config.ts` binds, for `import { env } from "cloudflare:workers"` in tests. */
declare namespace Cloudflare {
  interface Env extends Objects {
    readonly DB: D1Database;
    readonly AUTH_ORIGIN: string;
    readonly HUB_ORIGIN: string;
    readonly SECRET_KEY: string;
    readonly BOOTSTRAP_TOKEN: string;
  }
}

/** Vite's file glob, the one form that these tests use. */
interface ImportMeta {
  glob(
    pattern: string,
    options: { readonly query: "?raw"; readonly import: "default"; readonly eager: true },
  ): Record<string, string>;
}
