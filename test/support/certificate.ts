import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** An X.509 certificate of its own key, as identity providers put it into their metadata. */
export interface Certified {
  readonly privateKey: KeyObject;
  readonly privatePem: string;
  /** Base64 of the certificate. */
  readonly certificate: string;
}

const RSA_SHA256 = Buffer.from("300d06092a864886f70d01010b0500", "hex");
const ECDSA_SHA256 = Buffer.from("300a06082a8648ce3d040302", "hex");
/** CN=test */
const NAME = Buffer.from("300f310d300b06035504030c0474657374", "hex");

/** Makes a key and signs a certificate for it (RFC 5280), good from 2020 to 2049. */
export function certified(kind: "rsa" | "ec" = "rsa", modulusLength = 2_048): Certified {
  const { privateKey, publicKey } =
    kind === "rsa"
      ? generateKeyPairSync("rsa", { modulusLength })
      : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = kind === "rsa" ? RSA_SHA256 : ECDSA_SHA256;
  const validity = der(
    0x30,
    der(0x17, Buffer.from("200101000000Z")),
    der(0x17, Buffer.from("490101000000Z")),
  );
  const serial = der(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)]));
  const spki = publicKey.export({ type: "spki", format: "der" });
  const version = der(0xa0, der(0x02, Buffer.of(2)));
  const body = der(0x30, version, serial, algorithm, NAME, validity, NAME, spki);
  const signature = der(0x03, Buffer.of(0), sign("sha256", body, privateKey));
  return {
    privateKey,
    privatePem: String(privateKey.export({ type: "pkcs8", format: "pem" })),
    certificate: der(0x30, body, algorithm, signature).toString("base64"),
  };
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 128) return Buffer.concat([Buffer.of(tag, length), content]);
  const bytes = length < 256 ? Buffer.of(length) : Buffer.of(length >> 8, length & 255);
  return Buffer.concat([Buffer.of(tag, 0x80 | bytes.length), bytes, content]);
}
