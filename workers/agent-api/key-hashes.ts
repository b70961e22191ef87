import { hashOf } from "../../shared/node/config/object.ts";
import type { PublicKeys } from "../../shared/node/protocol/types.ts";
import { bytesOf } from "./body.ts";

/**
 * The hashes that name the long keys. Nodes are told apart by their keys, never by signed bytes (reference: decision
 * 0007).
 */
export const keyHashes = (keys: PublicKeys): { readonly signing: string; readonly kem: string } => ({
  signing: hashOf(bytesOf(keys.signing, "/keys/signing")),
  kem: hashOf(bytesOf(keys.kem, "/keys/kem")),
});
