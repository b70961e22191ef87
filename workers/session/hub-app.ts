import { HUB_APP_ID, SIGN_IN_SEGMENT } from "../../shared/access/sessions/types.ts";
import { DEFAULT_APP_SETTINGS } from "../../shared/registry/app-settings.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";

/**
 * The hub, described as an app. So administrators sign in by the same hand-off as users of an app. The hub has no
 * upstream.
 */
export function hubApp(bindings: Bindings): SnapshotApp {
  return {
    id: HUB_APP_ID,
    name: HUB_APP_ID,
    title: "Rustronaut",
    host: new URL(bindings.hubOrigin).hostname,
    hosts: [new URL(bindings.hubOrigin).hostname],
    segmentId: SIGN_IN_SEGMENT,
    segmentName: SIGN_IN_SEGMENT,
    tags: [],
    upstreams: [],
    through: [],
    settings: DEFAULT_APP_SETTINGS,
  };
}
