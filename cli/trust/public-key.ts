import * as z from "zod";
import { keyIdOf } from "../../shared/node/config/root-check.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { bytesOf } from "./root.ts";

/** What one holder of a root key gives to the one who writes the root document. */
const publicKeyFile = z.object({
  type: z.literal("rustronaut-root-public-key"),
  network: z.string(),
  keyId: z.string(),
  publicKey: z.string(),
});

export const publicKeyText = (network: string, keyId: string, publicKey: Uint8Array): string =>
  `${JSON.stringify(
    {
      type: "rustronaut-root-public-key",
      network,
      keyId,
      publicKey: Buffer.from(publicKey).toString("base64url"),
    },
    null,
    2,
  )}\n`;

/** @throws Failure for anything but a public root key of this network. */
export function readPublicKey(text: string, path: string, network: string): Uint8Array {
  let file: z.infer<typeof publicKeyFile>;
  try {
    file = publicKeyFile.parse(JSON.parse(text));
  } catch {
    throw new Failure(EXIT.usage, `${path} holds no public root key`, {
      hint: "Its holder makes one with `rustronaut trust key --out FILE`.",
    });
  }
  const publicKey = bytesOf(file.publicKey);
  if (file.network !== network || keyIdOf(publicKey) !== file.keyId)
    throw new Failure(EXIT.denied, `${path} is not a root key of this network`, {
      detail: file.network === network ? "Its id is not the hash of its key." : `It is for ${file.network}.`,
    });
  return publicKey;
}
