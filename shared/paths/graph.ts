/** One undirected link between two nodes, with what it takes to cross it: ms. */
export interface Link {
  readonly a: number;
  readonly b: number;
  readonly ms: number;
}

/** A graph as lists of neighbours in typed arrays; a link has the same number from both of its ends. */
export class Graph {
  readonly nodes: number;
  readonly links: readonly Link[];
  /** The neighbours of node n are at `starts[n]` up to `starts[n + 1]`. */
  readonly starts: Int32Array;
  readonly neighbours: Int32Array;
  readonly linkOf: Int32Array;

  constructor(nodes: number, links: readonly Link[]) {
    this.nodes = nodes;
    this.links = links;
    this.starts = new Int32Array(nodes + 1);
    for (const { a, b } of links) {
      this.starts[a + 1] = (this.starts[a + 1] as number) + 1;
      this.starts[b + 1] = (this.starts[b + 1] as number) + 1;
    }
    for (let node = 0; node < nodes; node++)
      this.starts[node + 1] = (this.starts[node + 1] as number) + (this.starts[node] as number);
    this.neighbours = new Int32Array(links.length * 2);
    this.linkOf = new Int32Array(links.length * 2);
    const next = this.starts.slice();
    links.forEach(({ a, b }, link) => {
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const) {
        const place = next[from] as number;
        next[from] = place + 1;
        this.neighbours[place] = to;
        this.linkOf[place] = link;
      }
    });
  }
}

/** What is out of order in a graph. */
export interface Outage {
  readonly nodes: ReadonlySet<number>;
  readonly links: ReadonlySet<number>;
}

export const NOTHING: Outage = { nodes: new Set(), links: new Set() };
