import { statusAt } from "../../shared/access/grants/state.ts";
import type { Session } from "../../shared/access/sessions/types.ts";
import { GOES_ON, StreamWatch } from "../gateway/stream-watch.ts";
import { readable } from "../hub/grants/change.ts";
import { throwRefusal } from "../platform/refused.ts";
import { readGrant } from "../registry/grants.ts";
import type { Visitor } from "./visitor.ts";

/** How many pages of one person one isolate lets wait at the same time. */
const MOST_PAGES = 5;
/** After this time the browser connects anew, in milliseconds. */
const MOST_MS = 10 * 60_000;
/** How often something is sent, so that nothing in between takes the connection for dead. In milliseconds. */
const BEAT_MS = 15_000;

const waiting = new Map<string, number>();

/**
 * `GET <id>/news`: server-sent events for the page that waits for an answer. It says only that something changed. The
 * news comes over a line from the object of the person's own session, which hears of every change of the person: so
 * nobody can listen to the requests of others, and a session that ends ends the waiting.
 */
export async function serveNews(request: Request, visitor: Visitor, id: string): Promise<Response> {
  const { bindings, current, principal } = visitor;
  const { grant } = await readable(visitor, id);
  if (grant.userId !== principal.userId) throwRefusal("not_found", "There is no such request.");
  const pages = waiting.get(principal.userId) ?? 0;
  if (pages >= MOST_PAGES) throwRefusal("rate_limited", "Too many pages of yours wait already.");
  waiting.set(principal.userId, pages + 1);

  const { readable: body, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const say = (text: string): void =>
    void writer.write(new TextEncoder().encode(text)).catch(() => undefined);
  const began = Date.now();
  let knows = principal.version;
  let beat = began;

  const look = async (): Promise<void> => {
    const stored = await readGrant(bindings.db, id);
    const changed = stored === null || statusAt(stored.grant, Date.now()) !== "pending";
    if (!changed && stored.grant.answers.length === grant.answers.length) return;
    say("event: changed\ndata: {}\n\n");
    watch.close();
  };
  const hear = async (_epoch: number, session: Session | null) => {
    const now = Date.now();
    const version = session?.principal.version ?? knows;
    const isNews = version > knows || now >= grant.lapsesAt;
    knows = Math.max(knows, version);
    if (isNews) await look();
    if (now - beat >= BEAT_MS) {
      beat = now;
      say(": still waiting\n\n");
    }
    if (now - began >= MOST_MS) watch.close();
    return GOES_ON;
  };
  const over = (): void => {
    const left = (waiting.get(principal.userId) ?? 1) - 1;
    if (left > 0) waiting.set(principal.userId, left);
    else waiting.delete(principal.userId);
    void writer.close().catch(() => undefined);
  };
  const caller = { kind: "user", ...current } as const;
  const watch = new StreamWatch(bindings, caller, current.epoch, hear, { over });
  watch.endWith(request.signal);
  await watch.start();
  say("retry: 1000\n\n");
  // What changed before the line was open is found by looking once.
  await look();
  return new Response(body, {
    headers: {
      "Content-Type": "text/event-stream",
      "Cache-Control": "no-store",
      "X-Rustronaut-Response": "grant_news",
    },
  });
}
