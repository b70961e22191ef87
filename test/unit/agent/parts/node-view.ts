import type { NodeView, Part } from "../../../../agent/parts/part.ts";
import { PathBook } from "../../../../agent/paths/path-book.ts";

import { Vantage } from "../../../../agent/telemetry/vantage.ts";

/** What a part was seen to do to its node. */
export interface Seen {
  readonly hints: (string | null)[];
  moves: number;
  readonly log: string[];
}

/** A node as its parts see it: one in touch with its hub, with nothing in force, unless `more` says otherwise. */
export function nodeView(more: Partial<NodeView> = {}): { readonly node: NodeView; readonly seen: Seen } {
  const seen: Seen = { hints: [], moves: 0, log: [] };
  const say = (message: string) => seen.log.push(message);
  const node: Partial<NodeView> = {
    hub: "https://hub.example.com",
    settings: {
      interfaceName: "rn0",
      listenPort: 51_820,
      advertise: [],
      exitNode: null,
      exitFallback: "none",
      exitFor: "all",
      hostsFile: "/etc/hosts",
    },
    log: { info: say, warn: say },
    paths: new PathBook(),
    hubAddresses: () => [],
    standing: () => "running",
    inForce: () => ({ applied: null, applyError: null }),
    conditions: () => [],
    vantage: new Vantage("rn0"),
    hint: (directory) => seen.hints.push(directory),
    moved: () => {
      seen.moves++;
    },
    ...more,
  };
  // A part that reaches for what a test did not give fails there.
  return { node: node as NodeView, seen };
}

/** Does what the part wants done again and again; gives the works in the order in which it asked. */
export function worksOf(part: Part): readonly (() => unknown)[] {
  const works: (() => unknown)[] = [];
  part.start?.((_everyMs, work) => {
    works.push(work);
    return () => works.splice(works.indexOf(work), 1);
  });
  return works;
}
