import { createServer } from "node:http";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { localRequest } from "../../scripts/local/http.ts";
import type { System } from "./harness.ts";

/** A transmitter of signals in its own process: it publishes its keys, signs tokens and pushes them. */
export interface RunningTransmitter {
  /** `host:port`, which the system must be allowed to reach. */
  readonly host: string;
  /** Makes the system know it, for the people of the provider `main`. */
  connect(system: System): Promise<void>;
  /** @returns The status of the answer. */
  push(events: Record<string, object>, subject: object): Promise<number>;
  close(): void;
}

const ISSUER = "https://transmitter.example";
const AUDIENCE = "https://rustronaut.example";

/** @param port That is free. */
export async function startTransmitter(port: number): Promise<RunningTransmitter> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const keys = [{ ...(await exportJWK(publicKey)), kid: "1", alg: "ES256", use: "sig" }];
  const server = createServer((_, response) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify({ keys }));
  });
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  const host = `127.0.0.1:${port}`;
  let to = { endpoint: "", token: "" };
  return {
    host,
    async connect({ admin }) {
      const { data } = await admin.call("transmitters.create", {
        body: {
          name: "watcher",
          issuer: ISSUER,
          jwksUri: `http://${host}/jwks`,
          audience: AUDIENCE,
          provider: "main",
        },
      });
      to = { endpoint: data.transmitter.endpoint, token: data.token ?? "" };
    },
    async push(events, subject) {
      const claims = { sub_id: subject, events, jti: crypto.randomUUID() };
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: "ES256", kid: "1", typ: "secevent+jwt" })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt()
        .sign(privateKey);
      const { status } = await localRequest(to.endpoint, {
        method: "POST",
        headers: { authorization: `Bearer ${to.token}`, "content-type": "application/secevent+jwt" },
        body: token,
      });
      return status;
    },
    close: () => server.close(),
  };
}
