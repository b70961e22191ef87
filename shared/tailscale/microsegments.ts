import type { ImportedMicrosegment } from "./to-rules.ts";

/** Of a name (`shared/api/microsegments.ts`). */
const LONGEST = 63;

/** The microsegments that stand for groups and other sets of people, each with a name of its own. */
export class Microsegments {
  readonly #made = new Map<string, ImportedMicrosegment>();
  readonly #names = new Set<string>();

  /** Ordered by name. */
  all(): ImportedMicrosegment[] {
    return [...this.#made.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * The selector of the microsegment for what the file calls `called`. It is made once.
   * @param make What it holds, under the name that it gets.
   */
  selector(called: string, wish: string, make: () => Omit<ImportedMicrosegment, "name" | "type">): string {
    const made = this.#made.get(called) ?? { name: this.#free(wish), type: "user" as const, ...make() };
    this.#made.set(called, made);
    return `segment:${made.name}`;
  }

  /** The wish in the letters that names of microsegments have, and with a number where another one has it. */
  #free(wish: string): string {
    const plain = wish
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/g, "-")
      .slice(0, LONGEST - 4)
      .replace(/^[._-]+|[._-]+$/g, "");
    const base = plain || "group";
    let name = base;
    for (let n = 2; this.#names.has(name); n++) name = `${base}-${n}`;
    this.#names.add(name);
    return name;
  }
}
