import * as z from "zod/mini";
import { parseStrictJson } from "../config/strict-json.ts";
import { nodeId, signature, statement } from "./schemas.ts";

/**
 * How a browser proves that it runs on a device. A page of the auth host asks the agent on the loopback interface:
 * `POST http://127.0.0.1:<port>/device-proof` with a `ProofRequest`. The agent answers only pages of the auth host, with a
 * `SignedStatement` of a `DeviceStatement`, signed for the auth host's origin. The page shows it to the auth host.
 */
export const DEVICE_PROOF_PATH = "/device-proof";

/** The agent takes the first of these ports that is free. The page asks all of them. */
export const DEVICE_PROOF_PORTS = [47_813, 47_814, 47_815, 47_816] as const;

/** The bytes of the largest request to the agent. */
export const MAX_PROOF_REQUEST = 1_024;
/** The characters of the largest proof, as JSON. */
const MAX_PROOF = 8_192;

const challenge = z.string().check(z.regex(/^[A-Za-z0-9_-]{40,400}$/));
export const proofRequest = z.strictObject({ challenge });

const deviceStatement = z.strictObject({ node: nodeId, challenge });
export type DeviceStatement = z.infer<typeof deviceStatement>;

const signedProof = z.strictObject({ statement: statement(600), signature });
export type SignedProof = z.infer<typeof signedProof>;

/** The proof in its JSON form. Null for anything else. */
export function readProof(text: string): SignedProof | null {
  if (text.length > MAX_PROOF) return null;
  return parsed(signedProof, new TextEncoder().encode(text), MAX_PROOF);
}

/** What a proof states. Nothing of it counts before its signature is verified. */
export const readDeviceStatement = (bytes: Uint8Array): DeviceStatement | null =>
  parsed(deviceStatement, bytes, MAX_PROOF);

/** @returns The challenge, or null for anything but a `ProofRequest`. */
export const readProofRequest = (bytes: Uint8Array): string | null =>
  parsed(proofRequest, bytes, MAX_PROOF_REQUEST)?.challenge ?? null;

function parsed<T extends z.core.$ZodType>(schema: T, bytes: Uint8Array, max: number): z.infer<T> | null {
  const json = parseStrictJson(bytes, max);
  if (!json.ok) return null;
  const read = z.safeParse(schema, json.value);
  return read.success ? read.data : null;
}
