import { type ComponentType, type LazyExoticComponent, lazy as loadedByReact } from "react";

export interface PageProps {
  /** What follows the page's id in the address. */
  readonly path: readonly string[];
}

/** The parts of the navigation, in their order. */
export const SECTIONS = ["Access", "People", "Machines", "Network"] as const;
export type Section = (typeof SECTIONS)[number];

export interface Page {
  /** The first part of its addresses. */
  readonly id: string;
  readonly title: string;
  readonly section: Section;
  readonly component: LazyExoticComponent<ComponentType<PageProps>> & {
    /** Loads its code before it is shown. */
    load(): Promise<unknown>;
  };
}

/** A component whose code loads when it is first shown, or before. */
const lazy = (load: () => Promise<{ default: ComponentType<PageProps> }>) =>
  Object.assign(loadedByReact(load), { load });

/** Every page, in the order of the navigation. A new one is one entry here; it loads when it is entered. */
export const PAGES: readonly Page[] = [
  {
    id: "overview",
    title: "Overview",
    section: "Access",
    component: lazy(() => import("./pages/overview.tsx")),
  },
  { id: "apps", title: "Apps", section: "Access", component: lazy(() => import("./pages/apps.tsx")) },
  {
    id: "policies",
    title: "Policies",
    section: "Access",
    component: lazy(() => import("./pages/policies.tsx")),
  },
  {
    id: "decisions",
    title: "Decisions",
    section: "Access",
    component: lazy(() => import("./pages/decisions.tsx")),
  },
  {
    id: "reach",
    title: "Who can reach what",
    section: "Access",
    component: lazy(() => import("./pages/reach.tsx")),
  },
  {
    id: "history",
    title: "History",
    section: "Network",
    component: lazy(() => import("./pages/history.tsx")),
  },
  {
    id: "sessions",
    title: "Sessions",
    section: "Access",
    component: lazy(() => import("./pages/sessions.tsx")),
  },
  { id: "tokens", title: "Tokens", section: "Access", component: lazy(() => import("./pages/tokens.tsx")) },
  {
    id: "people",
    title: "Users and groups",
    section: "People",
    component: lazy(() => import("./pages/people.tsx")),
  },
  {
    id: "providers",
    title: "Identity providers",
    section: "People",
    component: lazy(() => import("./pages/providers.tsx")),
  },
  { id: "nodes", title: "Nodes", section: "Machines", component: lazy(() => import("./pages/nodes.tsx")) },
  { id: "map", title: "Map", section: "Machines", component: lazy(() => import("./pages/map.tsx")) },
  {
    id: "mesh-rules",
    title: "Node rules",
    section: "Machines",
    component: lazy(() => import("./pages/mesh-rules.tsx")),
  },
  {
    id: "enrolment-keys",
    title: "Enrolment keys",
    section: "Machines",
    component: lazy(() => import("./pages/enrolment-keys.tsx")),
  },
  {
    id: "trust",
    title: "Roots of trust",
    section: "Machines",
    component: lazy(() => import("./pages/trust.tsx")),
  },
  {
    id: "segments",
    title: "Segments",
    section: "Network",
    component: lazy(() => import("./pages/segments.tsx")),
  },
  {
    id: "network",
    title: "Network settings",
    section: "Network",
    component: lazy(() => import("./pages/network.tsx")),
  },
  {
    id: "notifications",
    title: "Notifications",
    section: "Network",
    component: lazy(() => import("./pages/notifications.tsx")),
  },
  { id: "audit", title: "Audit", section: "Network", component: lazy(() => import("./pages/audit.tsx")) },
];
