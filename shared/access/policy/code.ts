import type { Environment } from "./environment.ts";
import { EvaluationError } from "./errors.ts";
import type { Value } from "./values.ts";

export type Run = (env: Environment) => Value;

/** One compiled expression. `constant` is set where its value is known without a request. */
export interface Code {
  readonly run: Run;
  readonly constant?: Value;
}

export function constant(value: Value): Code {
  return { run: () => value, constant: value };
}

/**
 * An expression that depends on its operands only: computed once where they are constant. One that errs stays,
 * so that it errs when (and only when) a request reaches it.
 */
export function foldable(operands: readonly Code[], run: Run): Code {
  if (!operands.every((operand) => operand.constant !== undefined)) return { run };
  try {
    return constant(run(NO_ENVIRONMENT));
  } catch (error) {
    if (error instanceof EvaluationError) return { run };
    throw error;
  }
}

/** Constant operands never look at it. */
const NO_ENVIRONMENT = null as unknown as Environment;
