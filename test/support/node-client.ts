import { randomBytes } from "node:crypto";
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { createCryptoProvider } from "../../shared/crypto/provider.ts";
import type { CryptoProvider } from "../../shared/crypto/types.ts";
import { verifyRootChain } from "../../shared/node/config/root.ts";
import type { RootDocument } from "../../shared/node/config/types.ts";
import type { System } from "./harness.ts";
import { type Answer, type HubDoor, newNode, type Sent, type TestNode } from "./test-node.ts";

export { type Answer, bytes, FACTS, TestNode } from "./test-node.ts";

/** The hub as a machine on the network sees it. */
export class TestHub implements HubDoor {
  readonly origin: string;
  readonly crypto: CryptoProvider;
  readonly root: RootDocument;
  readonly secrets = new Set<string>();
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });

  constructor(system: Pick<System, "hubOrigin" | "port">, crypto: CryptoProvider, root: RootDocument) {
    this.origin = system.hubOrigin;
    this.#port = system.port;
    this.crypto = crypto;
    this.root = root;
  }

  /**
   * A hub that has read enough of a large body answers and cuts the connection, sometimes before the answer was read: then
   * the same is sent again.
   *
   * @param target Path and query, sent as they are.
   */
  async send(target: string, sent: Sent = {}): Promise<Answer> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#sendOnce(target, sent);
      } catch (error) {
        const isCut = ["ECONNRESET", "EPIPE"].includes((error as NodeJS.ErrnoException).code ?? "");
        if (!isCut || (sent.body?.length ?? 0) < 1_000_000 || tries === 10) throw error;
      }
    }
  }

  #sendOnce(target: string, { method = "GET", headers = {}, body }: Sent): Promise<Answer> {
    const { host } = new URL(this.origin);
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: "127.0.0.1",
          port: this.#port,
          agent: this.#agent,
          method,
          path: target,
          headers: {
            host,
            ...headers,
            ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }),
          },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
          incoming.on("error", reject);
          incoming.on("end", () => {
            const text = Buffer.concat(chunks).toString("utf8");
            const { statusCode: status = 0, headers: received } = incoming;
            const isProblem = text !== "" && received["content-type"] === "application/problem+json";
            const code = isProblem ? (JSON.parse(text) as { code: string }).code : "";
            resolve({ status, headers: single(received), text, code, json: <T>() => JSON.parse(text) as T });
          });
        },
      );
      outgoing.on("error", reject);
      outgoing.setTimeout(30_000, () => outgoing.destroy(new Error(`${method} ${target} got no answer`)));
      outgoing.end(body);
    });
  }

  post(target: string, document: unknown): Promise<Answer> {
    return this.send(target, { method: "POST", body: JSON.stringify(document) });
  }

  newNode(): Promise<TestNode> {
    return newNode(this);
  }
}

export async function connectHub(system: System): Promise<TestHub> {
  const crypto = await testCrypto();
  const { data } = await system.admin.call("trust.get");
  const chain = await verifyRootChain(crypto, data.roots, { hash: data.payloadHash ?? "" }, Date.now());
  if (!chain.ok) throw new Error(chain.error.detail);
  return new TestHub(system, crypto, chain.value.at(-1) ?? chain.value[0]);
}

const testCrypto = () =>
  createCryptoProvider({
    subtle: crypto.subtle,
    random: (length) => new Uint8Array(randomBytes(length)),
  });

/** Node gives a list for the one header that may stand several times. */
const single = (headers: IncomingHttpHeaders): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
