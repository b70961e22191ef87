import type { Traffic } from "../node/config/types.ts";
import { beyond } from "./bound.ts";
import { confinedKey, identityKey, type Key, type Member } from "./membership.ts";
import type { IsolationLevel, MemberSelector } from "./microsegment.ts";
import type { SegmentRule } from "./types.ts";

/** What the index knows of a microsegment: its level, whom its members may reach in quarantine, and its bound. */
export interface Isolated {
  readonly id: string;
  readonly name: string;
  readonly isolation: IsolationLevel;
  readonly remediation: readonly MemberSelector[];
  /** The most that rules may let into it. Empty: anything. */
  readonly atMost: readonly Traffic[];
}

const ANY_TRAFFIC = [{ protocol: "any", ports: [] }] as const;

/** The rules that follow from what microsegments are. */
export const impliedRules = (microsegments: readonly Isolated[]): SegmentRule[] => [
  ...rulesOfLevels(microsegments),
  ...microsegments.flatMap(ruleOfBound),
];

/**
 * Members of an open microsegment reach each other, and members in quarantine reach the remediation hosts. These rules have
 * the ids of their microsegments.
 */
function rulesOfLevels(microsegments: readonly Isolated[]): SegmentRule[] {
  return microsegments.flatMap(({ id, name, isolation, remediation }): SegmentRule[] => {
    const from = [{ kind: "segment", segment: id }] as const;
    const rule = { id, from, traffic: ANY_TRAFFIC };
    if (isolation === "open") return [{ ...rule, name: `open: ${name}`, to: from }];
    if (isolation !== "quarantine" || remediation.length === 0) return [];
    return [{ ...rule, name: `remediation: ${name}`, to: remediation }];
  });
}

/**
 * What lies beyond the bound is denied to the members themselves, from every node and from every network behind a router. A subnet
 * can't be everything, so each family has its two halves.
 */
function ruleOfBound({ id, name, atMost }: Isolated): SegmentRule[] {
  if (atMost.length === 0) return [];
  const traffic = beyond(atMost);
  if (traffic.length === 0) return [];
  const behind = ["0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"];
  const from = [
    { kind: "any" } as const,
    { kind: "quarantine" } as const,
    ...behind.map((prefix) => ({ kind: "subnet" as const, prefix })),
  ];
  const to = [{ kind: "segment", segment: id }] as const;
  return [{ id: `${id}_most`, name: `at most: ${name}`, effect: "deny", from, to, traffic }];
}

/** What the levels take away between two nodes, whatever rules allow: everything, or what each opens to the other itself. */
export type Cut = "all" | "lateral" | null;

/** Knows which microsegments cut their members off. */
export class Isolation {
  readonly #strict = new Set<string>();
  /** The keys of the remediation hosts, by microsegment. */
  readonly #quarantine = new Map<string, ReadonlySet<string>>();

  set(microsegments: readonly Isolated[]): void {
    this.#strict.clear();
    this.#quarantine.clear();
    for (const { id, isolation, remediation } of microsegments) {
      if (isolation === "strict") this.#strict.add(id);
      if (isolation !== "quarantine") continue;
      const keys = remediation.flatMap((selector) => identityKey(selector) ?? []);
      this.#quarantine.set(id, new Set(keys));
    }
  }

  /** Whether a level says something of nodes with this identity. */
  names(key: Key): boolean {
    const isolating = [...this.#strict, ...this.#quarantine.keys()];
    return (
      isolating.some((id) => confinedKey(id) === key) ||
      [...this.#quarantine.values()].some((hosts) => hosts.has(key))
    );
  }

  isInQuarantine({ facts }: Member): boolean {
    return facts.confinedBy.some((id) => this.#quarantine.has(id));
  }

  between(a: Member, b: Member): Cut {
    if (this.#isCutOff(a, b) || this.#isCutOff(b, a)) return "all";
    const others = b.facts.confinedBy;
    return a.facts.confinedBy.some((id) => this.#strict.has(id) && others.includes(id)) ? "lateral" : null;
  }

  /** Whether a quarantine of the node keeps it from the other. Each quarantine must name the other. */
  #isCutOff(node: Member, other: Member): boolean {
    return node.facts.confinedBy.some((id) => {
      const hosts = this.#quarantine.get(id);
      return hosts !== undefined && !other.identities.some((key) => hosts.has(key));
    });
  }
}
