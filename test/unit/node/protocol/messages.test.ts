import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { base64url, fromBase64url, hex } from "../../../../shared/base/base64url.ts";
import type { AeadKey, CryptoProvider } from "../../../../shared/crypto/types.ts";
import { nodeLabel, uniqueLabel } from "../../../../shared/node/config/node-name.ts";
import {
  acceptCounter,
  type CounterWindow,
  EMPTY_WINDOW,
} from "../../../../shared/node/protocol/counter-window.ts";
import { answerBytes, requestBytes } from "../../../../shared/node/protocol/message-mac.ts";
import { openTicket, sealTicket } from "../../../../shared/node/protocol/ticket.ts";
import { transcript } from "../../../../shared/node/protocol/transcript.ts";
import { COUNTER_WINDOW } from "../../../../shared/node/protocol/types.ts";
import { flipBit, ORIGIN, testProvider } from "./support.ts";

const SEED = { seed: 20261124 };

describe("a transcript", () => {
  it("is never the same for two different lists of fields", () => {
    const fields = fc.array(fc.oneof(fc.string({ maxLength: 6 }), fc.uint8Array({ maxLength: 6 })), {
      maxLength: 4,
    });
    const meaning = (list: (string | Uint8Array)[]) =>
      JSON.stringify(
        list.map((field) =>
          typeof field === "string" ? base64url(new TextEncoder().encode(field)) : base64url(field),
        ),
      );
    fc.assert(
      fc.property(fields, fields, (a, b) => {
        const same = hex(transcript("request", ...a)) === hex(transcript("request", ...b));
        expect(same).toBe(meaning(a) === meaning(b));
      }),
      { ...SEED, numRuns: 2_000 },
    );
    expect(hex(transcript("request", "a"))).not.toBe(hex(transcript("answer", "a")));
  });
});

describe("the MAC of a message", () => {
  it("covers each fact", () => {
    const request = {
      method: "GET",
      origin: ORIGIN,
      target: "/agent/v1/config",
      counter: 7,
      nonce: "n",
      applied: '"1.1.1.x"',
      bodyHash: new Uint8Array(32),
    };
    const changes = [
      { method: "POST" },
      { origin: "https://hub.example.net" },
      { target: "/agent/v1/config?x" },
      { counter: 8 },
      { nonce: "m" },
      { applied: "" },
      { bodyHash: new Uint8Array(32).fill(1) },
    ];
    for (const change of changes) {
      expect(requestBytes({ ...request, ...change })).not.toEqual(requestBytes(request));
    }
    const answer = { nonce: "n", status: 304, etag: "e", time: 1, bodyHash: new Uint8Array(32) };
    for (const change of [
      { nonce: "m" },
      { status: 200 },
      { etag: "f" },
      { time: 2 },
      { bodyHash: new Uint8Array(1) },
    ]) {
      expect(answerBytes({ ...answer, ...change })).not.toEqual(answerBytes(answer));
    }
  });
});

describe("the window of counters", () => {
  it("takes each counter once and none that is too old, as a set of all counters says", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 200 }), (counters) => {
        let window: CounterWindow = EMPTY_WINDOW;
        const seen = new Set<number>();
        for (const counter of counters) {
          const highest = Math.max(-1, ...seen);
          const expected = !seen.has(counter) && counter > highest - COUNTER_WINDOW;
          const next = acceptCounter(window, counter);
          expect(next !== null).toBe(expected);
          if (next) {
            window = next;
            seen.add(counter);
          }
        }
      }),
      { ...SEED, numRuns: 500 },
    );
  });
});

describe("a ticket", () => {
  let provider: CryptoProvider;
  let key: AeadKey;
  beforeAll(async () => {
    provider = await testProvider();
    key = await provider.aes256Gcm.key(provider.random(32));
  });

  const ticket = () => ({
    node: "nod_01",
    segment: "seg_01",
    handshake: 3,
    issuedAt: 1_000,
    expiresAt: 601_000,
    sessionKey: provider.random(32),
  });

  it("comes back as it was sealed, and no two look alike", async () => {
    const sealed = ticket();
    const text = await sealTicket(provider, key, sealed);
    expect(await openTicket(key, text)).toEqual(sealed);
    expect(await sealTicket(provider, key, sealed)).not.toBe(text);
  });

  it("is refused when changed, cut, of another hub, or no ticket at all", async () => {
    const text = await sealTicket(provider, key, ticket());
    const bytes = fromBase64url(text) ?? new Uint8Array();
    for (let bit = 0; bit < bytes.length * 8; bit += 7) {
      expect(await openTicket(key, base64url(flipBit(bytes, bit)))).toBeNull();
    }
    const other = await provider.aes256Gcm.key(provider.random(32));
    expect(await openTicket(other, text)).toBeNull();
    for (const junk of ["", "x", text.slice(4), `${text}AAAA`, "A".repeat(1_000_000), "é"]) {
      expect(await openTicket(key, junk)).toBeNull();
    }
  });
});

describe("the name of a node", () => {
  it.each([
    ["db-1", "db-1"],
    ["DB_1.example.com", "db-1"],
    ["Alice's MacBook Pro", "alices-macbook-pro"],
    ["", "node"],
    ["日本", "node"],
    ["пример", "node"],
    ["xn--80ak6aa92e", "80ak6aa92e"],
    ["d\u212ab-1", "db-1"],
    ["localhost", "node-localhost"],
    ["../../etc/passwd", "node"],
    ['a"; drop table nodes;--', "a-drop-table-nodes"],
    ["a\nb", "a-b"],
    ["-a-", "a"],
    ["a".repeat(300), "a".repeat(56)],
  ])("of %j is %s", (hostname, label) => {
    expect(nodeLabel(hostname)).toBe(label);
  });

  it("is a DNS label whatever the machine is called", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (hostname) => {
        expect(nodeLabel(hostname)).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
      }),
      { ...SEED, numRuns: 2_000 },
    );
  });

  it("gets a number when it is taken", () => {
    const taken = new Set(["db", "db-2"]);
    expect(uniqueLabel("db", (name) => taken.has(name))).toBe("db-3");
    expect(uniqueLabel("web", (name) => taken.has(name))).toBe("web");
  });
});
