import { type ErrorCode, type Refusal, refusal } from "../../shared/base/errors/catalogue.ts";

/** Thrown to leave a handler with a refusal, from any depth. The code that serves the API catches it. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refused: Refusal) {
    super(refused.detail);
    this.refusal = refused;
  }
}

/** @throws Refused Always. */
export function throwRefusal(
  code: ErrorCode,
  detail: string,
  extra: Omit<Refusal, "code" | "detail"> = {},
): never {
  throw new Refused(refusal(code, detail, extra));
}
