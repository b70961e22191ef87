import { err } from "../base/result.ts";

/** Why a policy file is refused, or what of it can't be carried over. */
export interface Fault {
  /** Where, as `acls[0].src[1]`. */
  readonly at: string;
  readonly problem: string;
  readonly remedy: string;
}

export const fault = (at: string, problem: string, remedy: string) => err<Fault>({ at, problem, remedy });
