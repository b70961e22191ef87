/** What one observer last found of one path: whether the subject answered. */
export interface Finding {
  readonly observer: string;
  readonly subject: string;
  /** How it was tried: straight, by a relay of that name, or through the subject to what it stands in front of. */
  readonly by: "direct" | "through" | { readonly relay: string };
  readonly isHeard: boolean;
  /** Whether it also answers; absent if nothing is known of that. */
  readonly isAnswering?: boolean;
}

export const FAULT_KINDS = [
  "node_down",
  "cut_off_from_hub",
  "unreachable",
  "not_forwarding",
  "relay_down",
  "reporter_sick",
  "link_down",
  "one_way_loss",
] as const satisfies readonly Fault["kind"][];

/** What is wrong, in the words that administrators read. */
export type Fault =
  | { readonly kind: "node_down"; readonly node: string }
  | { readonly kind: "cut_off_from_hub"; readonly node: string }
  | { readonly kind: "unreachable"; readonly node: string }
  | { readonly kind: "not_forwarding"; readonly node: string }
  | { readonly kind: "relay_down"; readonly node: string }
  | { readonly kind: "reporter_sick"; readonly node: string }
  | { readonly kind: "link_down"; readonly from: string; readonly to: string }
  | { readonly kind: "one_way_loss"; readonly from: string; readonly to: string };

/** As many observers must agree before something is held against a node that somebody still hears. */
const QUORUM = 2;

/**
 * Tells apart what is broken, from everything that is known now.
 * @param atHub for each node whether the hub hears it
 */
export function diagnose(findings: readonly Finding[], atHub: ReadonlyMap<string, boolean>): Fault[] {
  const sick = sickReporters(findings);
  const sound = findings.filter(({ observer }) => !sick.has(observer));
  const direct = sound.filter(({ by }) => by === "direct");
  const nodes = [...new Set([...atHub.keys(), ...direct.map(({ subject }) => subject)])].sort();
  const whole = nodes.flatMap((node) => faultOfNode(node, direct, atHub.get(node)));
  const gone = new Set(whole.filter(({ kind }) => kind !== "cut_off_from_hub").flatMap(nodesOf));
  return [
    ...[...sick].sort().map((node): Fault => ({ kind: "reporter_sick", node })),
    ...whole,
    ...faultsOfForwarding(sound, gone),
    ...faultsOfLinks(direct, gone),
  ];
}

export const nodesOf = (fault: Fault): string[] => ("node" in fault ? [fault.node] : [fault.from, fault.to]);

/** Who hears nearly nobody, of whom others hear most, has a fault of its own (Lifeguard's local health). */
function sickReporters(findings: readonly Finding[]): Set<string> {
  const direct = findings.filter(({ by }) => by === "direct");
  const heardBy = Map.groupBy(
    direct.filter(({ isHeard }) => isHeard),
    ({ subject }) => subject,
  );
  const sick = [...Map.groupBy(direct, ({ observer }) => observer)].filter(([observer, own]) => {
    const silent = own.filter(({ isHeard }) => !isHeard);
    const heardByOthers = silent.filter(({ subject }) =>
      (heardBy.get(subject) ?? []).some((other) => other.observer !== observer),
    );
    return own.length > QUORUM && heardByOthers.length > own.length / 2;
  });
  return new Set(sick.map(([observer]) => observer));
}

function faultOfNode(node: string, direct: readonly Finding[], isAtHub: boolean | undefined): Fault[] {
  const of = direct.filter(({ subject }) => subject === node);
  const isHeard = of.some((finding) => finding.isHeard);
  if (isAtHub === false && isHeard) return [{ kind: "cut_off_from_hub", node }];
  if (of.length < QUORUM || isHeard) return [];
  return [{ kind: isAtHub === false ? "node_down" : "unreachable", node }];
}

/** Relays and gateways that answer for themselves, and pass nothing on. */
function faultsOfForwarding(sound: readonly Finding[], gone: ReadonlySet<string>): Fault[] {
  const byRelay = Map.groupBy(
    sound.filter(({ by, subject }) => typeof by === "object" && !gone.has(subject)),
    ({ by }) => (typeof by === "object" ? by.relay : ""),
  );
  const through = Map.groupBy(
    sound.filter(({ by }) => by === "through"),
    ({ subject }) => subject,
  );
  const broken = (groups: ReadonlyMap<string, readonly Finding[]>) =>
    [...groups].filter(([, all]) => observersOf(all) >= QUORUM && all.every(({ isHeard }) => !isHeard));
  return [
    ...broken(byRelay).map(([node]): Fault => ({ kind: "relay_down", node })),
    ...broken(through)
      .filter(([node]) => !gone.has(node))
      .map(([node]): Fault => ({ kind: "not_forwarding", node })),
  ];
}

const observersOf = (findings: readonly Finding[]): number =>
  new Set(findings.map(({ observer }) => observer)).size;

/** Pairs that don't hear each other although others hear both. */
function faultsOfLinks(direct: readonly Finding[], gone: ReadonlySet<string>): Fault[] {
  const heard = new Map(direct.map(({ observer, subject, isHeard }) => [`${observer} ${subject}`, isHeard]));
  return direct.flatMap(({ observer, subject, isHeard }): Fault[] => {
    if (isHeard || gone.has(subject) || gone.has(observer)) return [];
    const back = heard.get(`${subject} ${observer}`);
    // The observer hears nothing of the subject: what is lost is on the path from the subject to it.
    if (back === true) return [{ kind: "one_way_loss", from: subject, to: observer }];
    return observer < subject || back === undefined
      ? [{ kind: "link_down", from: observer, to: subject }]
      : [];
  });
}
