import type { Environment } from "./environment.ts";
import { EvaluationError } from "./errors.ts";
import type { Value } from "./values.ts";

export type Run = (env: Environment) => Value;

/** One compiled expression. `constant` is set if the value is known without a request. */
export interface Code {
  readonly run: Run;
  readonly constant?: Value;
}

export function constant(value: Value): Code {
  return { run: () => value, constant: value };
}

/**
 * An expression that depends only on its operands. If the operands are constant, the expression is computed
 * once. If that computation fails, the expression is kept, so that the error occurs only when a request
 * reaches it.
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

/** Constant operands never read the environment. */
const NO_ENVIRONMENT = null as unknown as Environment;
