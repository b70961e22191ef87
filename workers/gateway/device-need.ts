import { assess, isAllowed } from "../../shared/access/assess.ts";
import { probeDevice } from "../../shared/access/device/probe.ts";
import type { Question } from "../../shared/access/question.ts";
import type { Snapshot } from "../registry/snapshot.ts";
import type { Caller } from "./caller.ts";
import { askerOf } from "./judge.ts";

/** A proof that is at most this old (milliseconds) counts as new. To ask for another one would make an endless circle. */
const NEW_PROOF_MS = 60_000;

/**
 * What a denied person's device has to do with the denial. `prove`: a proof could change it. `unfit`: the device is known,
 * and policies look at what is known of it. Null: nothing.
 */
export function deviceNeed(
  question: Question,
  caller: Caller,
  snapshot: Snapshot,
  now: number,
): "prove" | "unfit" | null {
  if (caller.kind !== "user") return null;
  const asker = askerOf(caller, now);
  const { device, wasAsked } = probeDevice();
  const isOpened = isAllowed(assess(question, { ...asker, device }, snapshot.policies, now));
  if (!isOpened && !wasAsked()) return null;
  if (asker.device === null) return isNew(caller, now) ? "unfit" : "prove";
  const proven = { ...asker.device, proofAgeSeconds: 0, sameAddress: true };
  const isHelped = isAllowed(assess(question, { ...asker, device: proven }, snapshot.policies, now));
  return isHelped && !isNew(caller, now) ? "prove" : "unfit";
}

const isNew = ({ session: { device } }: Extract<Caller, { kind: "user" }>, now: number): boolean =>
  device !== undefined && now - device.provenAt <= NEW_PROOF_MS;
