import { type ComponentType, lazy } from "react";

export interface PageProps {
  /** What follows the page's id in the address. */
  readonly path: readonly string[];
}

export interface Page {
  /** The first part of its addresses. */
  readonly id: string;
  readonly title: string;
  readonly component: ComponentType<PageProps>;
}

/** Every page, in the order of the navigation. A new one is one entry here; it loads when it is entered. */
export const PAGES: readonly Page[] = [
  { id: "overview", title: "Overview", component: lazy(() => import("./pages/overview.tsx")) },
  { id: "apps", title: "Apps", component: lazy(() => import("./pages/apps.tsx")) },
  { id: "policies", title: "Policies", component: lazy(() => import("./pages/policies.tsx")) },
  { id: "decisions", title: "Decisions", component: lazy(() => import("./pages/decisions.tsx")) },
  { id: "sessions", title: "Sessions", component: lazy(() => import("./pages/sessions.tsx")) },
  { id: "people", title: "Users and groups", component: lazy(() => import("./pages/people.tsx")) },
  {
    id: "providers",
    title: "Identity providers",
    component: lazy(() => import("./pages/providers.tsx")),
  },
  { id: "nodes", title: "Nodes", component: lazy(() => import("./pages/nodes.tsx")) },
  { id: "map", title: "Map", component: lazy(() => import("./pages/map.tsx")) },
  { id: "mesh-rules", title: "Node rules", component: lazy(() => import("./pages/mesh-rules.tsx")) },
  {
    id: "enrolment-keys",
    title: "Enrolment keys",
    component: lazy(() => import("./pages/enrolment-keys.tsx")),
  },
  { id: "audit", title: "Audit", component: lazy(() => import("./pages/audit.tsx")) },
];
