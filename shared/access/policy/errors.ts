/**
 * Why a policy could not be evaluated. The policy is skipped and reported, as Cedar does. This class is not
 * an `Error`: such failures are common on the hot path, and a stack trace costs more than the whole decision.
 */
export class EvaluationError {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** Stops the evaluation of one policy. */
export function fail(message: string): never {
  throw new EvaluationError(message);
}

/** The compiler doesn't know how to evaluate a policy. The message names the place inside the policy's JSON. */
export class CompileError extends Error {}

/** Policies with deeper nesting are refused, so that neither compiling nor evaluating can exhaust the stack. */
const MAX_DEPTH = 400;

/** The compiler's current place in a policy's JSON, as a JSON pointer. */
export class Place {
  readonly #parent: Place | null;
  readonly #name: string;
  readonly #depth: number;

  constructor(parent: Place | null = null, name = "") {
    this.#parent = parent;
    this.#name = name;
    this.#depth = parent ? parent.#depth + 1 : 0;
  }

  at(...names: (string | number)[]): Place {
    let place: Place = this;
    for (const name of names) place = new Place(place, String(name));
    if (place.#depth > MAX_DEPTH) place.refuse("is nested too deeply");
    return place;
  }

  refuse(problem: string): never {
    throw new CompileError(`${this.toString() || "/"}: ${problem}`);
  }

  toString(): string {
    if (!this.#parent) return "";
    return `${this.#parent.toString()}/${this.#name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  }
}
