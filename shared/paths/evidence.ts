import { type Fault, type Finding, nodesOf } from "./diagnosis.ts";

/** Of one subject so many observers are asked, those that hear nothing first, so that a hub with thousands of peers costs no more. */
const MOST_OBSERVERS = 32;

/** What all observers last found, in memory. It can be made anew from what they reported. */
export class Evidence {
  readonly #byObserver = new Map<string, ReadonlyMap<string, Finding>>();
  readonly #observersOf = new Map<string, Set<string>>();

  /**
   * Takes in all that an observer finds now, in the place of what it found before.
   * @returns The subjects of which it says something else than before.
   */
  note(observer: string, findings: readonly Finding[]): string[] {
    const before = this.#byObserver.get(observer) ?? new Map<string, Finding>();
    const now = new Map(findings.map((finding) => [finding.subject, finding]));
    for (const subject of before.keys())
      if (!now.has(subject)) this.#observersOf.get(subject)?.delete(observer);
    for (const subject of now.keys())
      this.#observersOf.set(subject, (this.#observersOf.get(subject) ?? new Set()).add(observer));
    this.#byObserver.set(observer, now);
    const subjects = [...new Set([...before.keys(), ...now.keys()])];
    return subjects.filter((subject) => !isSame(before.get(subject), now.get(subject)));
  }

  /** What speaks for and against these nodes: what is said of them, what they say, and what else those say who speak of them. */
  about(nodes: readonly string[]): Finding[] {
    const observers = new Set([...nodes, ...nodes.flatMap((node) => this.#chosen(node))]);
    const all = [...observers].flatMap((observer) => [...(this.#byObserver.get(observer)?.values() ?? [])]);
    return all.filter((finding) => !this.#isOverdue(finding));
  }

  /**
   * Who is answered by a node is heard by that node. If that one hears nothing, the other has not said so in time that
   * answers don't come any more: perhaps it can't say anything.
   */
  #isOverdue({ observer, subject, isAnswering }: Finding): boolean {
    return isAnswering === true && this.#says(subject, observer) === false;
  }

  /** Whom these nodes don't hear, and who does not hear them. */
  silentWith(nodes: readonly string[]): string[] {
    return nodes.flatMap((node) => {
      const unheard = [...(this.#byObserver.get(node)?.values() ?? [])].filter(({ isHeard }) => !isHeard);
      const deaf = this.#chosen(node).filter((observer) => this.#says(observer, node) === false);
      return [...unheard.map(({ subject }) => subject).slice(0, MOST_OBSERVERS), ...deaf];
    });
  }

  /** Who says what a fault was found from. */
  observersOf(fault: Fault): string[] {
    if (fault.kind === "one_way_loss") return [fault.to];
    if (fault.kind === "reporter_sick") return [fault.node];
    const [first, second] = nodesOf(fault) as [string, string?];
    if (second !== undefined) return [first];
    return this.#chosen(first).filter((observer) => this.#says(observer, first) === false);
  }

  forget(node: string): void {
    this.note(node, []);
    this.#byObserver.delete(node);
  }

  #chosen(subject: string): string[] {
    const all = [...(this.#observersOf.get(subject) ?? [])];
    const silent = all.filter((observer) => this.#says(observer, subject) === false);
    const others = all.filter((observer) => this.#says(observer, subject) !== false);
    return [...silent.slice(0, MOST_OBSERVERS), ...others.slice(0, MOST_OBSERVERS)];
  }

  #says(observer: string, subject: string): boolean | undefined {
    return this.#byObserver.get(observer)?.get(subject)?.isHeard;
  }
}

const isSame = (a: Finding | undefined, b: Finding | undefined): boolean =>
  a?.isHeard === b?.isHeard && JSON.stringify(a?.by) === JSON.stringify(b?.by);
