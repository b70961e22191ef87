import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** An authenticator in software (WebAuthn Level 3 §6), which can also do what a real one never does. */
export interface Authenticator {
  readonly id: string;
  /** How often it has signed. A copy of it counts on its own. */
  counter: number;
  create(challenge: string, over?: Partial<Ceremony>): string;
  get(challenge: string, over?: Partial<Ceremony>): string;
}

export interface Ceremony {
  readonly origin: string;
  readonly rpId: string;
  /** Whether it has verified its user. */
  readonly isVerified: boolean;
}

const text = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString("base64url");
const sha256 = (bytes: Uint8Array | string): Buffer => createHash("sha256").update(bytes).digest();

/** CBOR (RFC 8949) of the few kinds of values that are needed here. */
function cbor(value: unknown): Buffer {
  const head = (major: number, size: number): Buffer => {
    if (size < 24) return Buffer.from([major | size]);
    return Buffer.from(size < 256 ? [major | 24, size] : [major | 25, size >> 8, size & 255]);
  };
  if (typeof value === "number") return value < 0 ? head(0x20, -1 - value) : head(0, value);
  if (typeof value === "string")
    return Buffer.concat([head(0x60, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(0x40, value.byteLength), value]);
  const entries = [...(value as Map<unknown, unknown>)];
  return Buffer.concat([head(0xa0, entries.length), ...entries.flatMap(([k, v]) => [cbor(k), cbor(v)])]);
}

export function newAuthenticator(usual: Ceremony): Authenticator {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const id = randomBytes(32);
  const cose = cbor(
    new Map<number, unknown>([
      ...([
        [1, 2],
        [3, -7],
        [-1, 1],
      ] as [number, number][]),
      [-2, Buffer.from(x, "base64url")],
      [-3, Buffer.from(y, "base64url")],
    ]),
  );
  const authData = (rpId: string, flags: number, counter: number, more: Buffer): Buffer => {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), count, more]);
  };
  const clientData = (type: string, challenge: string, origin: string): Buffer =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  const answer = (response: object): string =>
    JSON.stringify({ id: text(id), rawId: text(id), type: "public-key", response });
  return {
    id: text(id),
    counter: 0,
    create(challenge, over = {}) {
      const { origin, rpId, isVerified } = { ...usual, ...over };
      const length = Buffer.from([0, id.length]);
      const attested = Buffer.concat([Buffer.alloc(16), length, id, cose]);
      const data = authData(rpId, 0x41 | (isVerified ? 4 : 0), this.counter, attested);
      const object = new Map<string, unknown>([
        ["fmt", "none"],
        ["attStmt", new Map()],
        ["authData", data],
      ]);
      return answer({
        clientDataJSON: text(clientData("webauthn.create", challenge, origin)),
        attestationObject: text(cbor(object)),
        transports: ["internal"],
      });
    },
    get(challenge, over = {}) {
      const { origin, rpId, isVerified } = { ...usual, ...over };
      this.counter += 1;
      const data = authData(rpId, 1 | (isVerified ? 4 : 0), this.counter, Buffer.alloc(0));
      const client = clientData("webauthn.get", challenge, origin);
      return answer({
        clientDataJSON: text(client),
        authenticatorData: text(data),
        signature: text(sign("sha256", Buffer.concat([data, sha256(client)]), privateKey)),
      });
    },
  };
}
