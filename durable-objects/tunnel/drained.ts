/** The most nodes that are remembered as drained. An app has at most some dozens of agents. */
const MOST = 1_000;
const KEY = "drained";

/** The nodes that an administrator has drained, for as long as the app exists. */
export class Drained {
  readonly #storage: SyncKvStorage;
  #nodes: ReadonlySet<string>;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage.kv;
    this.#nodes = new Set(this.#storage.get<string[]>(KEY));
  }

  get nodes(): ReadonlySet<string> {
    return this.#nodes;
  }

  set(node: string, isDrained: boolean): void {
    const others = [...this.#nodes].filter((one) => one !== node);
    const nodes = isDrained ? [...others, node].slice(-MOST) : others;
    this.#storage.put(KEY, nodes);
    this.#nodes = new Set(nodes);
  }
}
