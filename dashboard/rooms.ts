import { type ComponentType, lazy } from "react";

export interface RoomProps {
  /** What follows the room's id in the address. */
  readonly path: readonly string[];
}

export interface Room {
  /** The first part of its addresses. */
  readonly id: string;
  readonly title: string;
  readonly component: ComponentType<RoomProps>;
}

/** Every room, in the order of the navigation. A new one is one entry here; it loads when it is entered. */
export const ROOMS: readonly Room[] = [
  { id: "overview", title: "Overview", component: lazy(() => import("./rooms/overview.tsx")) },
  { id: "apps", title: "Apps", component: lazy(() => import("./rooms/apps.tsx")) },
  { id: "policies", title: "Policies", component: lazy(() => import("./rooms/policies.tsx")) },
  { id: "decisions", title: "Decisions", component: lazy(() => import("./rooms/decisions.tsx")) },
  { id: "sessions", title: "Sessions", component: lazy(() => import("./rooms/sessions.tsx")) },
  { id: "people", title: "Users and groups", component: lazy(() => import("./rooms/people.tsx")) },
  { id: "nodes", title: "Nodes", component: lazy(() => import("./rooms/nodes.tsx")) },
  { id: "map", title: "Map", component: lazy(() => import("./rooms/map.tsx")) },
  { id: "mesh-rules", title: "Node rules", component: lazy(() => import("./rooms/mesh-rules.tsx")) },
  {
    id: "enrolment-keys",
    title: "Enrolment keys",
    component: lazy(() => import("./rooms/enrolment-keys.tsx")),
  },
  { id: "audit", title: "Audit", component: lazy(() => import("./rooms/audit.tsx")) },
];
