import type { Plugin } from "vite";
import { ENDPOINT_LIST } from "../shared/api/endpoints.ts";

/**
 * Gives the dashboard of each operation of the admin API what a caller needs: where it is, and who may call it. What it
 * takes and answers is checked by the hub, and by the compiler; without those schemas and their library, the first page has
 * half the code to load and to run.
 */
export function endpointRoutes(): Plugin {
  const routes = ENDPOINT_LIST.map(({ id, method, path, role }) => [id, { method, path, role }]);
  return {
    name: "endpoint-routes",
    load: {
      filter: { id: /\/shared\/api\/endpoints\.ts$/ },
      handler: () => `export const ENDPOINTS = ${JSON.stringify(Object.fromEntries(routes))};`,
    },
  };
}
