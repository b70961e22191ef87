import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { notify } from "../../../workers/notifications/index.ts";
import { call, createNetwork, bindings as plain } from "../hub/world.ts";

/** What a destination was sent. */
export interface Sent {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
  readonly redirect: string;
}

export const bindings = {
  ...plain,
  mail: { url: "https://mail.example/emails", from: "n@example.com", style: "resend", token: "x".repeat(20) },
} as const;

export const MINUTE = 60_000;

/** A network whose messages go to receivers in the place of `fetch`, each known by its host. */
export async function startWorld() {
  const token = await createNetwork();
  const sent: Sent[] = [];
  const answers = new Map<string, () => Response | Promise<Response>>();
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input as RequestInfo, init as RequestInit);
    const { host } = new URL(request.url);
    sent.push({
      url: request.url,
      headers: request.headers,
      body: await request.text(),
      redirect: request.redirect,
    });
    return (answers.get(host) ?? (() => new Response("ok")))();
  });
  let now = Date.now();
  return {
    sent,
    answers,
    api: (method: string, path: string, body?: unknown, headers?: HeadersInit) =>
      call(token, method, path, {
        ...(body === undefined ? {} : { body }),
        ...(headers === undefined ? {} : { headers }),
        through: bindings,
      }),
    /** The run of the minute that comes so many milliseconds later. */
    run: async (afterMs = MINUTE) => {
      now += afterMs;
      await notify(bindings, now);
    },
    to: (host: string) => sent.filter(({ url }) => new URL(url).host === host),
    now: () => now,
    /** What was sent and answered, and the time that passed, are forgotten. */
    reset: () => {
      sent.length = 0;
      answers.clear();
      now = Date.now();
    },
  };
}

let nodes = 0;
/** A node that wants approval, in a segment of its own that no object knows. */
export async function pendingNode(name: string): Promise<string> {
  const id = `nod_${String(++nodes).padStart(26, "0")}`;
  await env.DB.batch([
    env.DB.prepare(
      "INSERT OR IGNORE INTO segments (id, name, created_at, updated_at) VALUES ('seg_00000000000000000000000001', 'default', 1, 1)",
    ),
    env.DB.prepare(
      `INSERT INTO nodes (id, name, status, segment_id, address_index, hostname, enrolment_key_id, revision, created_at,
         updated_at, wireguard_key, signing_hash, kem_hash, record_hash, signing_key, kem_key)
       VALUES (?1, ?2, 'pending', 'seg_00000000000000000000000001', ?3, 'h', 'nek', 1, ?4, 1, ?1, ?1, ?1, ?1, ?1, ?1)`,
    ).bind(id, name, nodes, Date.now()),
  ]);
  return id;
}
