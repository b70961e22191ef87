import { InvalidArgumentError } from "commander";

/** The number of an entry of the audit log, as a person gave it. */
export function toLeaf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("It must be an entry's number.");
  return Number(text);
}
