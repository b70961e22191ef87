import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { gzipSync } from "node:zlib";
import * as f from "./crypto.ts";
import { type Document, isHigher, opened, parse, treeRoot } from "./documents.ts";

/**
 * The least agent that `docs/agent-protocol.md` allows, written from that page alone: it imports nothing of the project, and
 * must not. Documents are read by their members and not by a schema.
 */

interface Answer {
  readonly status: number;
  readonly header: (name: string) => string;
  readonly raw: Buffer;
  readonly body: Document;
}
interface Seeds {
  readonly wireguard: Buffer;
  readonly kem: Buffer;
}
export interface Applied {
  readonly tag: string;
  readonly head: Document;
  readonly manifest: Document;
  readonly record: Document;
  readonly peers: Document[];
}

const { bytes, text, transcript } = f;

export class ForeignAgent {
  readonly #port: number;
  readonly #origin: string;
  readonly #signingSeed = randomBytes(64);
  readonly #objects = new Map<string, Buffer>();
  #seeds: Seeds = { wireguard: randomBytes(32), kem: randomBytes(32) };
  #keys = { signing: "", wireguard: "", kem: "" };
  #root: Document = null;
  #counter = 0;
  #requests = 0;
  #session: { readonly ticket: string; readonly key: Buffer } | null = null;
  #applied: Applied | null = null;
  node = "";

  constructor(origin: string, port: number) {
    this.#origin = origin;
    this.#port = port;
  }

  get wireguardKey(): string {
    return this.#keys.wireguard;
  }

  get rootVersion(): number {
    return this.#root.version;
  }

  async enrol(key: string, hostname: string): Promise<Document> {
    const [secret = "", pin = ""] = key.split(".");
    await this.#trust((await this.#send("GET", "/trust")).body.roots, pin);
    const signing = await f.signingKey(this.#signingSeed);
    this.#keys = { signing: text(signing.publicKey), ...(await publicOf(this.#seeds)) };
    const { body: challenge } = await this.#post("/enroll/challenge", { keys: this.#keys });
    const { ciphertext, secret: shared } = await f.xWingEncapsulate(bytes(this.#root.hubKem.publicKey));
    const sealed = f.seal(
      f.hkdf(shared, new Uint8Array(), transcript("enroll-key")),
      Buffer.from(secret),
      transcript("enroll-key", this.#origin, ciphertext, signing.publicKey),
    );
    const proven = await this.#prove("enroll", this.#seeds, challenge, {
      keys: this.#keys,
      challenge: challenge.challenge,
      hostname,
      routes: [],
      facts: FACTS,
      time: Date.now(),
      hubCiphertext: text(ciphertext),
      sealedKey: text(sealed),
    });
    const { body } = await this.#post("/enroll", proven);
    this.node = body.node;
    return body;
  }

  async shakeHands(): Promise<void> {
    const { ciphertext, secret } = await f.xWingEncapsulate(bytes(this.#root.hubKem.publicKey));
    const said = {
      node: this.node,
      counter: ++this.#counter,
      time: Date.now(),
      nonce: text(randomBytes(16)),
    };
    const signed = await this.#sign("handshake", { ...said, hubCiphertext: text(ciphertext) });
    const { body } = await this.#post("/handshake", signed);
    const salt = f.sha256(transcript("handshake", this.#origin, bytes(signed.statement)));
    const key = f.hkdf(secret, salt, transcript("session"));
    const { ticket, expiresAt, hubTime, pollSeconds, telemetrySeconds } = body;
    const told = [ticket, expiresAt, hubTime, pollSeconds, telemetrySeconds];
    strictEqual(text(f.hmac(key, transcript("handshake-confirmation", ...told))), body.confirmation);
    this.#session = { ticket, key };
    this.#requests = 0;
  }

  /** What is new, verified, or null when what is applied is right. */
  async poll(wait = 0): Promise<Applied | null> {
    const headers = wait > 0 ? { prefer: `wait=${wait}` } : {};
    const answer = await this.call("GET", "/config", { headers, applied: this.#applied?.tag ?? "" });
    if (answer.status === 304) return null;
    strictEqual(answer.status, 200, answer.raw.toString());
    if (answer.body.roots) await this.#trust(answer.body.roots);
    this.#applied = await this.#verified(answer.body);
    strictEqual(answer.header("etag"), this.#applied.tag);
    return this.#applied;
  }

  async report(): Promise<Answer> {
    const report = {
      at: Date.now(),
      sequence: this.#requests,
      applied: this.#applied && { serial: this.#applied.head.serial, manifest: hashIn(this.#applied.tag) },
      applyError: null,
      facts: await this.#sign("facts", FACTS),
      peers: [],
      clockSkewMs: 0,
    };
    const body = gzipSync(JSON.stringify(report));
    return this.call("POST", "/telemetry", { body, headers: { "content-encoding": "gzip" } });
  }

  async rotate(): Promise<void> {
    const seeds = { wireguard: randomBytes(32), kem: randomBytes(32) };
    const keys = { ...this.#keys, ...(await publicOf(seeds)) };
    const body = Buffer.from(JSON.stringify({ keys }));
    const { body: challenge } = await this.call("POST", "/keys/challenge", { body });
    const statement = { node: this.node, keys, challenge: challenge.challenge, time: Date.now() };
    const proven = await this.#prove("rotate", seeds, challenge, statement);
    const answer = await this.call("POST", "/keys", { body: Buffer.from(JSON.stringify(proven)) });
    strictEqual(answer.status, 200, answer.raw.toString());
    this.#seeds = seeds;
    this.#keys = keys;
  }

  /** The bytes of an object as the hub gives them by its hash. */
  async object(hash: string): Promise<Buffer> {
    const raw = bytes((await this.call("GET", `/objects/${hash}`)).body.bytes);
    strictEqual(text(f.sha256(raw)), hash);
    return raw;
  }

  async call(
    method: string,
    path: string,
    given: {
      readonly body?: Buffer;
      readonly headers?: Record<string, string>;
      readonly applied?: string;
    } = {},
  ): Promise<Answer> {
    const { body = Buffer.alloc(0), headers = {}, applied = "" } = given;
    if (!this.#session) throw new Error("no session");
    const { ticket, key } = this.#session;
    const [counter, nonce] = [this.#requests++, text(randomBytes(16))];
    const target = `/agent/v1${path}`;
    const said = ["request", method, this.#origin, target, counter, nonce, applied, f.sha256(body)] as const;
    const answer = await this.#send(method, path, body, {
      authorization: `Rustronaut ${ticket}`,
      "rustronaut-capability": "1",
      "rustronaut-counter": String(counter),
      "rustronaut-nonce": nonce,
      "rustronaut-mac": text(f.hmac(key, transcript(...said))),
      ...(applied === "" ? {} : { "if-none-match": applied }),
      ...headers,
    });
    const time = Number(answer.header("rustronaut-time"));
    const heard = [
      "answer",
      nonce,
      answer.status,
      answer.header("etag"),
      time,
      f.sha256(answer.raw),
    ] as const;
    strictEqual(
      answer.header("rustronaut-mac"),
      text(f.hmac(key, transcript(...heard))),
      answer.raw.toString(),
    );
    return answer;
  }

  /** Follows the roots from the pinned one, or from the newest that is held. */
  async #trust(envelopes: readonly string[], pin?: string): Promise<void> {
    for (const envelope of envelopes) {
      const payload = Buffer.from(JSON.parse(envelope).payload, "base64");
      const root = parse(payload);
      if (this.#root === null) {
        if (text(f.sha256(payload)) !== pin) continue;
      } else {
        if (root.version <= this.#root.version) continue;
        await opened(envelope, "root", this.#root, "root");
        strictEqual(root.version, this.#root.version + 1);
        strictEqual(root.network, this.#root.network);
        ok(root.epoch >= this.#root.epoch);
      }
      await opened(envelope, "root", root, "root");
      this.#root = root;
    }
    ok(this.#root?.expiresAt > Date.now(), "the newest root is pinned and valid");
  }

  async #verified({ proof, objects = [] }: Document): Promise<Applied> {
    const root = this.#root;
    const head = parse(await opened(proof.head, "head", root, "online"));
    deepStrictEqual([head.type, head.network], ["head", root.network]);
    ok(head.expiresAt > Date.now());
    deepStrictEqual([head.serial.epoch, head.serial.rootVersion], [root.epoch, root.version]);
    if (this.#applied) ok(isHigher(head.serial, this.#applied.head.serial), "the serial is higher");
    const leafBytes = bytes(proof.leaf);
    const leaf = parse(leafBytes);
    deepStrictEqual([leaf.node, leaf.network, leaf.serial], [this.node, root.network, head.serial]);
    strictEqual(text(treeRoot(leafBytes, proof.index, head.treeSize, proof.path)), head.treeRoot);
    for (const object of objects) this.#objects.set(text(f.sha256(bytes(object))), bytes(object));
    const read = (hash: string): Document => parse(this.#objects.get(hash) ?? Buffer.from("null"));
    const manifest = read(leaf.manifest);
    const record = read(manifest.record);
    const peers = manifest.peers.map((hash: string) => {
      const peer = read(hash);
      return { ...peer, record: read(peer.record) };
    });
    for (const document of [manifest, record, read(manifest.component), ...peers]) {
      strictEqual(document.network, root.network);
    }
    deepStrictEqual([manifest.node, manifest.segment.id], [this.node, head.segment]);
    deepStrictEqual([record.node, record.signing], [this.node, text(f.sha256(bytes(this.#keys.signing)))]);
    const { serial } = head;
    const tag = `"${serial.epoch}.${serial.rootVersion}.${serial.counter}.${leaf.manifest}"`;
    return { tag, head, manifest, record, peers };
  }

  async #sign(purpose: string, document: object) {
    const statement = Buffer.from(JSON.stringify(document));
    const key = await f.signingKey(this.#signingSeed);
    const signature = await key.sign(transcript(purpose, this.#origin, statement), f.label(purpose));
    return { statement: text(statement), signature: text(signature) };
  }

  async #prove(purpose: string, seeds: Seeds, challenge: Document, statement: object) {
    const [ciphertext, ephemeral] = [bytes(challenge.kemCiphertext), bytes(challenge.wireguardEphemeral)];
    const { wireguard, kem } = await publicOf(seeds);
    const shared = Buffer.concat([
      (await f.xWingDecapsulate(seeds.kem, ciphertext)).secret,
      f.agree(seeds.wireguard, ephemeral),
    ]);
    const info = transcript("possession", ciphertext, ephemeral, bytes(kem), bytes(wireguard));
    const secret = f.hkdf(shared, new Uint8Array(), info);
    const signed = await this.#sign(purpose, statement);
    return { ...signed, possession: text(f.hmac(secret, transcript("possession", bytes(signed.statement)))) };
  }

  async #post(path: string, document: object): Promise<Answer> {
    const answer = await this.#send("POST", path, Buffer.from(JSON.stringify(document)));
    strictEqual(answer.status, 200, answer.raw.toString());
    return answer;
  }

  async #send(method: string, path: string, body: Buffer = Buffer.alloc(0), headers = {}): Promise<Answer> {
    const { host } = new URL(this.#origin);
    const target = { host: "127.0.0.1", port: this.#port, path: `/agent/v1${path}`, method };
    const sized = body.length > 0 ? { "content-length": body.length } : {};
    return new Promise((resolve, reject) => {
      const outgoing = request({ ...target, headers: { host, ...sized, ...headers } }, async (incoming) => {
        const raw = Buffer.concat(await incoming.toArray());
        const header = (name: string) => String(incoming.headers[name] ?? "");
        resolve({ status: incoming.statusCode ?? 0, header, raw, body: raw.length > 0 ? parse(raw) : null });
      });
      outgoing.on("error", reject).end(body);
    });
  }
}

const FACTS = {
  os: "Elsewhere",
  kernel: "0",
  agentVersion: "foreign 1",
  agentHash: text(f.sha256(Buffer.from("foreign"))),
  uptimeSeconds: 1,
  diskEncrypted: null,
  firewall: null,
};

const hashIn = (tag: string): string => tag.slice(1, -1).split(".")[3] ?? "";
const publicOf = async (seeds: Seeds) => ({
  wireguard: text(f.x25519Public(seeds.wireguard)),
  kem: text(await f.xWingPublic(seeds.kem)),
});
