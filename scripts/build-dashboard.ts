/**
 * Builds the dashboard as it is shipped. Vite takes from the environment which of React's two kinds of code it builds, and
 * test runners say `test` there.
 */
export async function buildDashboard(): Promise<void> {
  const { build } = await import("vite");
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = "production";
  try {
    await build({ configFile: "dashboard/vite.config.ts", logLevel: "warn" });
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
  }
}
