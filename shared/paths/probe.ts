/**
 * The probe of a path through the tunnel: one agent asks another at its overlay address, and that one answers with the
 * same number. It shows what traffic of the pair meets: WireGuard, its path, the filters and the machine at the far end.
 */

/**
 * The UDP port of both ends. It is below 1024, so that nobody but the agent of a machine sends or answers probes. The filter
 * of a node opens it to its peers alone.
 */
export const PROBE_PORT = 1004;
/** A question and its answer have the same size, so that nothing is amplified. */
const LENGTH = 16;
const MAGIC = [0x52, 0x6e, 0x50, 0x31] as const;
const ASKS = 0;
const ANSWERS = 1;
const KIND_AT = 4;
const ID_AT = 8;
export const PROBE_ID_BYTES = LENGTH - ID_AT;

export interface Probe {
  /** An answer is never answered, so that two agents can't be made to talk forever. */
  readonly kind: "asks" | "answers";
  /** What the asking node drew for this one question, as hexadecimal digits. */
  readonly id: string;
}

/** @param id 8 random bytes, which nobody can guess who did not see the question */
export function questionOf(id: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(LENGTH);
  bytes.set(MAGIC);
  bytes[KIND_AT] = ASKS;
  bytes.set(id.subarray(0, PROBE_ID_BYTES), ID_AT);
  return bytes;
}

/** The answer to a question: the question, marked as answered. */
export function answerTo(question: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(question);
  bytes[KIND_AT] = ANSWERS;
  return bytes;
}

/** Null for what is no probe. */
export function readProbe(bytes: Uint8Array): Probe | null {
  if (bytes.length !== LENGTH || MAGIC.some((byte, at) => bytes[at] !== byte)) return null;
  const kind = bytes[KIND_AT];
  if (kind !== ASKS && kind !== ANSWERS) return null;
  return { kind: kind === ASKS ? "asks" : "answers", id: probeId(bytes.subarray(ID_AT)) };
}

export const probeId = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
