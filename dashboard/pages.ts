import { type Code, codeOf } from "./lib/code.ts";

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
  readonly code: Code<PageProps>;
}

/** Every page, in the order of the navigation. A new one is one entry here; it loads when it is entered. */
export const PAGES: readonly Page[] = [
  {
    id: "overview",
    title: "Overview",
    section: "Access",
    code: codeOf(() => import("./pages/overview.tsx")),
  },
  { id: "apps", title: "Apps", section: "Access", code: codeOf(() => import("./pages/apps.tsx")) },
  {
    id: "policies",
    title: "Policies",
    section: "Access",
    code: codeOf(() => import("./pages/policies.tsx")),
  },
  {
    id: "decisions",
    title: "Decisions",
    section: "Access",
    code: codeOf(() => import("./pages/decisions.tsx")),
  },
  {
    id: "reach",
    title: "Who can reach what",
    section: "Access",
    code: codeOf(() => import("./pages/reach.tsx")),
  },
  {
    id: "history",
    title: "History",
    section: "Network",
    code: codeOf(() => import("./pages/history.tsx")),
  },
  {
    id: "sessions",
    title: "Sessions",
    section: "Access",
    code: codeOf(() => import("./pages/sessions.tsx")),
  },
  { id: "grants", title: "Grants", section: "Access", code: codeOf(() => import("./pages/grants.tsx")) },
  { id: "tokens", title: "Tokens", section: "Access", code: codeOf(() => import("./pages/tokens.tsx")) },
  {
    id: "people",
    title: "Users and groups",
    section: "People",
    code: codeOf(() => import("./pages/people.tsx")),
  },
  {
    id: "providers",
    title: "Identity providers",
    section: "People",
    code: codeOf(() => import("./pages/providers.tsx")),
  },
  {
    id: "signals",
    title: "Signals",
    section: "People",
    code: codeOf(() => import("./pages/signals.tsx")),
  },
  { id: "nodes", title: "Nodes", section: "Machines", code: codeOf(() => import("./pages/nodes.tsx")) },
  {
    id: "connectors",
    title: "Connectors",
    section: "Machines",
    code: codeOf(() => import("./pages/connectors.tsx")),
  },
  { id: "map", title: "Map", section: "Machines", code: codeOf(() => import("./pages/map.tsx")) },
  {
    id: "mesh-health",
    title: "Health of the mesh",
    section: "Machines",
    code: codeOf(() => import("./pages/mesh-health.tsx")),
  },
  { id: "flows", title: "Flows", section: "Machines", code: codeOf(() => import("./pages/flows.tsx")) },
  {
    id: "mesh-rules",
    title: "Node rules",
    section: "Machines",
    code: codeOf(() => import("./pages/mesh-rules.tsx")),
  },
  {
    id: "mesh-reach",
    title: "Who reaches whom",
    section: "Machines",
    code: codeOf(() => import("./pages/mesh-reach.tsx")),
  },
  {
    id: "mesh-services",
    title: "Services",
    section: "Machines",
    code: codeOf(() => import("./pages/mesh-services.tsx")),
  },
  {
    id: "mesh-tests",
    title: "Rule tests",
    section: "Machines",
    code: codeOf(() => import("./pages/mesh-tests.tsx")),
  },
  {
    id: "microsegments",
    title: "Microsegments",
    section: "Machines",
    code: codeOf(() => import("./pages/microsegments.tsx")),
  },
  {
    id: "suggestions",
    title: "Suggestions",
    section: "Machines",
    code: codeOf(() => import("./pages/suggestions.tsx")),
  },
  {
    id: "enrolment-keys",
    title: "Enrolment keys",
    section: "Machines",
    code: codeOf(() => import("./pages/enrolment-keys.tsx")),
  },
  {
    id: "trust",
    title: "Roots of trust",
    section: "Machines",
    code: codeOf(() => import("./pages/trust.tsx")),
  },
  {
    id: "segments",
    title: "Segments",
    section: "Network",
    code: codeOf(() => import("./pages/segments.tsx")),
  },
  {
    id: "network",
    title: "Network settings",
    section: "Network",
    code: codeOf(() => import("./pages/network.tsx")),
  },
  {
    id: "notifications",
    title: "Notifications",
    section: "Network",
    code: codeOf(() => import("./pages/notifications.tsx")),
  },
  { id: "logs", title: "Logs out", section: "Network", code: codeOf(() => import("./pages/logs.tsx")) },
  { id: "audit", title: "Audit", section: "Network", code: codeOf(() => import("./pages/audit.tsx")) },
];
