/** One connection that was seen, or many alike. */
export interface SeenFlow {
  readonly source: string;
  readonly destination: string;
  /** Protocol and port as rules write them, such as `tcp/443` or `icmp`. */
  readonly service: string;
}

/** One end of a link as the node at the other end has it: who, and by which service. Both are positions. */
export interface Contact {
  readonly node: number;
  readonly service: number;
}

/** Who called whom by which service, each pair once. Nodes and services are known by their positions. */
export interface FlowGraph {
  /** In ascending order. */
  readonly nodes: readonly string[];
  readonly services: readonly string[];
  /** By node: whom it called. */
  readonly calls: readonly (readonly Contact[])[];
  /** By node: who called it. */
  readonly callers: readonly (readonly Contact[])[];
  /** How many pairs there are. */
  readonly size: number;
}

/** Equal flows count once, and a node that calls itself says nothing. The order of the flows makes no difference. */
export function flowGraph(flows: readonly SeenFlow[]): FlowGraph {
  const between = flows.filter(({ source, destination }) => source !== destination);
  const nodes = sorted(between.flatMap(({ source, destination }) => [source, destination]));
  const services = sorted(between.map(({ service }) => service));
  const nodeAt = positions(nodes);
  const serviceAt = positions(services);
  const keys = new Set(
    between.map(
      ({ source, destination, service }) =>
        ((nodeAt.get(source) ?? 0) * nodes.length + (nodeAt.get(destination) ?? 0)) * services.length +
        (serviceAt.get(service) ?? 0),
    ),
  );
  const calls: Contact[][] = nodes.map(() => []);
  const callers: Contact[][] = nodes.map(() => []);
  for (const key of [...keys].sort((a, b) => a - b)) {
    const service = key % services.length;
    const pair = Math.floor(key / services.length);
    const [source, destination] = [Math.floor(pair / nodes.length), pair % nodes.length];
    calls[source]?.push({ node: destination, service });
    callers[destination]?.push({ node: source, service });
  }
  return { nodes, services, calls, callers, size: keys.size };
}

/** A number that depends on nothing but the flow (FNV-1a), so that the same flows are always dealt alike. */
export function hashOf({ source, destination, service }: SeenFlow): number {
  let hash = 0x811c9dc5;
  for (const char of `${source} ${destination} ${service}`) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  }
  return hash >>> 0;
}

const sorted = (texts: readonly string[]): string[] => [...new Set(texts)].sort();

const positions = (texts: readonly string[]): Map<string, number> =>
  new Map(texts.map((text, index) => [text, index]));
