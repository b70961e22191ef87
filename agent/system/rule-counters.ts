/**
 * What the kernel counted for each rule over all tables that the agent loaded. A new table counts from 0, so this keeps
 * what the table before had counted.
 */
export class RuleCounters {
  readonly #readKernel: () => Promise<ReadonlyMap<string, number>>;
  /** The counts of earlier tables. */
  #kept: ReadonlyMap<string, number> = new Map();

  /** @param readKernel Gives the counts of the table in force, by the ids of rules. */
  constructor(readKernel: () => Promise<ReadonlyMap<string, number>>) {
    this.#readKernel = readKernel;
  }

  /** @throws Error when the counters can't be read. */
  async read(): Promise<ReadonlyMap<string, number>> {
    const counts = new Map(this.#kept);
    for (const [rule, packets] of await this.#readKernel()) {
      const kept = counts.get(rule) ?? 0;
      // What counts now comes last.
      counts.delete(rule);
      counts.set(rule, kept + packets);
    }
    return counts;
  }

  /** Replaces the table. The filter does not wait for counters that can't be read. */
  async keptOver(load: () => Promise<void>): Promise<void> {
    const counts = await this.read().catch(() => this.#kept);
    await load();
    this.#kept = new Map([...counts].slice(-MOST_RULES));
  }
}

const MOST_RULES = 4_096;
