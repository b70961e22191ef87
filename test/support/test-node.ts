import { base64url, fromBase64url } from "../../shared/base/base64url.ts";
import { utf8 } from "../../shared/crypto/bytes.ts";
import type { Bytes, ContextSigningKey, CryptoProvider } from "../../shared/crypto/types.ts";
import type { RootDocument } from "../../shared/node/config/types.ts";
import { sealEnrolmentSecret } from "../../shared/node/protocol/enrolment-secret.ts";
import { confirmed, startHandshake } from "../../shared/node/protocol/handshake.ts";
import { answerBytes, type RequestFacts, requestBytes } from "../../shared/node/protocol/message-mac.ts";
import { answerChallenge, provePossession } from "../../shared/node/protocol/possession.ts";
import { signStatement } from "../../shared/node/protocol/statement.ts";
import {
  CAPABILITY,
  type ChallengeAnswer,
  type EnrollAnswer,
  HEADERS,
  type NodeFactsReport,
  type PublicKeys,
  type TelemetryReport,
  TICKET_SCHEME,
} from "../../shared/node/protocol/types.ts";

/** An agent of tests: it says what it is told to, and keeps a note of every secret that it makes. */

export const bytes = (text: string): Bytes => fromBase64url(text) ?? fail(`${text} is not base64url`);
const fail = (message: string): never => {
  throw new Error(message);
};

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  /** Of a problem document, or "". */
  readonly code: string;
  json<T>(): T;
}

export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** The hub as a node sees it, whatever lies between them. */
export interface HubDoor {
  readonly origin: string;
  readonly crypto: CryptoProvider;
  readonly root: RootDocument;
  /** All that must stand in no log. */
  readonly secrets: Set<string>;
  /** @param target Path and query, sent as they are. */
  send(target: string, sent?: Sent): Promise<Answer>;
  post(target: string, document: unknown): Promise<Answer>;
}

/** A machine with new keys. */
export async function newNode(hub: HubDoor): Promise<TestNode> {
  const { composite } = hub.crypto;
  const node = new TestNode(hub, await composite.key(newSeed(hub, composite.lengths.seed)));
  await node.newKeys();
  return node;
}

function newSeed(hub: HubDoor, length = 32): Bytes {
  const made = hub.crypto.random(length);
  hub.secrets.add(base64url(made));
  return made;
}

export const FACTS: NodeFactsReport = {
  os: "Test",
  kernel: "0",
  agentVersion: "0.1.0",
  agentHash: "A".repeat(43),
  uptimeSeconds: 1,
  diskEncrypted: null,
  firewall: null,
};

interface AgreementSeeds {
  readonly wireguard: Bytes;
  readonly kem: Bytes;
}

/** What an enrolment says other than it should. */
export interface EnrolWishes {
  readonly statement?: Readonly<Record<string, unknown>>;
  /** Signs for another hub. */
  readonly origin?: string;
  /** Answers this one again. */
  readonly challenge?: ChallengeAnswer;
}

/** What a request says other than it should, after its MAC was made. */
export interface CallWishes {
  readonly counter?: number | undefined;
  readonly applied?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** The body that travels, where it is another than the one under the MAC. */
  readonly sentBody?: Uint8Array | string;
  readonly facts?: Partial<RequestFacts>;
}

const bodyBytes = (body: Uint8Array | string): Uint8Array<ArrayBuffer> =>
  typeof body === "string" ? utf8(body) : Uint8Array.from(body);

export class TestNode {
  readonly hub: HubDoor;
  readonly signing: ContextSigningKey;
  id = "";
  name = "";
  /** Of handshakes. */
  counter = 0;
  sequence = 0;
  /** What it says in handshakes that it understands. */
  capability = CAPABILITY;
  publicKeys: PublicKeys = { signing: "", wireguard: "", kem: "" };
  seeds: AgreementSeeds | null = null;
  session: { readonly ticket: string; readonly key: Bytes; requests: number } | null = null;

  constructor(hub: HubDoor, signing: ContextSigningKey) {
    this.hub = hub;
    this.signing = signing;
  }

  /** The same machine once more: what a copied disk is. */
  clone(): TestNode {
    const copy = new TestNode(this.hub, this.signing);
    const { id, name, counter, publicKeys, seeds } = this;
    return Object.assign(copy, { id, name, counter, publicKeys, seeds });
  }

  async newKeys(): Promise<void> {
    const { crypto } = this.hub;
    this.seeds = { wireguard: newSeed(this.hub), kem: newSeed(this.hub) };
    this.publicKeys = {
      signing: base64url(this.signing.publicKey),
      wireguard: base64url((await crypto.x25519.key(this.seeds.wireguard)).publicKey),
      kem: base64url((await crypto.xWing.key(this.seeds.kem)).publicKey),
    };
  }

  async challenge(): Promise<ChallengeAnswer> {
    const answer = await this.hub.post("/agent/v1/enroll/challenge", { keys: this.publicKeys });
    if (answer.status !== 200) throw new Error(`no challenge: ${answer.text}`);
    return answer.json();
  }

  /** The body of an enrolment. @param secret The whole key as the administrator gave it, or anything else. */
  async enrolment(secret: string, wishes: EnrolWishes = {}) {
    const { crypto, origin, root } = this.hub;
    const [beforeDot = ""] = secret.split(".");
    if (beforeDot.length > 20) this.hub.secrets.add(beforeDot);
    const challenge = wishes.challenge ?? (await this.challenge());
    const sealed = await sealEnrolmentSecret(crypto, beforeDot, {
      origin: wishes.origin ?? origin,
      hubKem: bytes(root.hubKem.publicKey),
      signingKey: this.signing.publicKey,
    });
    if (!sealed.ok) throw new Error(sealed.error);
    const statement = {
      keys: this.publicKeys,
      challenge: challenge.challenge,
      hostname: "machine",
      routes: [],
      facts: FACTS,
      time: Date.now(),
      hubCiphertext: base64url(sealed.value.hubCiphertext),
      sealedKey: base64url(sealed.value.sealed),
      ...wishes.statement,
    };
    return this.prove("enroll", statement, challenge, wishes.origin);
  }

  /** Signs a statement and answers the challenge of its keys. */
  async prove(
    purpose: "enroll" | "rotate",
    statement: object,
    challenge: ChallengeAnswer,
    origin = this.hub.origin,
  ) {
    const { crypto } = this.hub;
    if (!this.seeds) throw new Error("no keys");
    const secret = await answerChallenge(crypto, this.seeds, {
      kemCiphertext: bytes(challenge.kemCiphertext),
      wireguardEphemeral: bytes(challenge.wireguardEphemeral),
    });
    if (!secret.ok) throw new Error(secret.error);
    const signed = await signStatement(purpose, origin, statement, this.signing);
    const proof = await provePossession(crypto, secret.value, bytes(signed.statement));
    return { ...signed, possession: base64url(proof) };
  }

  async tryEnrol(secret: string, wishes: EnrolWishes = {}): Promise<Answer> {
    return this.hub.post("/agent/v1/enroll", await this.enrolment(secret, wishes));
  }

  async enrol(secret: string, wishes: EnrolWishes = {}): Promise<EnrollAnswer> {
    const answer = await this.tryEnrol(secret, wishes);
    if (answer.status !== 200) throw new Error(`not enrolled: ${answer.text}`);
    const enrolled = answer.json<EnrollAnswer>();
    this.id = enrolled.node;
    this.name = enrolled.name;
    return enrolled;
  }

  async tryHandshake(time = Date.now(), counter = this.counter + 1): Promise<Answer> {
    const { crypto, origin, root } = this.hub;
    this.counter = counter;
    const started = await startHandshake(
      crypto,
      { origin, kem: bytes(root.hubKem.publicKey) },
      { node: this.id, signingKey: this.signing },
      { counter, time },
    );
    if (!started.ok) throw new Error(started.error);
    const { request: signed, sessionKey } = started.value;
    const answer = await this.hub.send("/agent/v1/handshake", {
      method: "POST",
      headers: { [HEADERS.capability]: String(this.capability) },
      body: JSON.stringify(signed),
    });
    if (answer.status !== 200) return answer;
    const opened = answer.json<Parameters<typeof confirmed>[2]>();
    if (!(await confirmed(crypto, sessionKey, opened))) throw new Error("the hub did not prove itself");
    this.hub.secrets.add(opened.ticket).add(base64url(sessionKey));
    this.session = { ticket: opened.ticket, key: sessionKey, requests: 0 };
    return answer;
  }

  async shakeHands(): Promise<void> {
    const answer = await this.tryHandshake();
    if (answer.status !== 200) throw new Error(`no handshake: ${answer.text}`);
  }

  /** A request's headers with the MAC over what `wishes` say it holds. */
  async signed(method: string, target: string, wishes: CallWishes = {}): Promise<Record<string, string>> {
    const { session, hub } = this;
    if (!session) throw new Error("no session");
    const counter = wishes.counter ?? session.requests++;
    const nonce = base64url(hub.crypto.random(16));
    const facts: RequestFacts = {
      method,
      origin: hub.origin,
      target,
      counter,
      nonce,
      applied: wishes.applied ?? "",
      bodyHash: await hub.crypto.sha256(bodyBytes(wishes.body ?? "")),
      ...wishes.facts,
    };
    const mac = await hub.crypto.hmacSha256.key(session.key);
    return {
      authorization: `${TICKET_SCHEME} ${session.ticket}`,
      [HEADERS.capability]: String(CAPABILITY),
      [HEADERS.counter]: String(counter),
      [HEADERS.nonce]: nonce,
      [HEADERS.mac]: base64url(await mac.sign(requestBytes(facts))),
      ...(wishes.applied === undefined ? {} : { "if-none-match": wishes.applied }),
      ...wishes.headers,
    };
  }

  async call(method: string, target: string, wishes: CallWishes = {}): Promise<Answer> {
    const headers = await this.signed(method, target, wishes);
    const body = wishes.sentBody ?? wishes.body;
    return this.hub.send(target, { method, headers, ...(body === undefined ? {} : { body }) });
  }

  /** Whether an answer carries this session's MAC for the request with this nonce. */
  async isProven(answer: Answer, nonce: string): Promise<boolean> {
    const { session, hub } = this;
    if (!session) return false;
    const mac = await hub.crypto.hmacSha256.key(session.key);
    const said = answerBytes({
      nonce,
      status: answer.status,
      etag: answer.headers.etag ?? "",
      time: Number(answer.headers[HEADERS.time]),
      bodyHash: await hub.crypto.sha256(utf8(answer.text)),
    });
    return mac.verify(said, bytes(String(answer.headers[HEADERS.mac] ?? "")));
  }

  poll(applied?: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call("GET", "/agent/v1/config", { headers, ...(applied === undefined ? {} : { applied }) });
  }

  report(wishes: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    const report: TelemetryReport = {
      at: Date.now(),
      sequence: this.sequence++,
      applied: null,
      applyError: null,
      peers: [],
      clockSkewMs: 0,
    };
    return this.call("POST", "/agent/v1/telemetry", { body: JSON.stringify({ ...report, ...wishes }) });
  }
}
