import { FOLLOW_CONTINUE, parseFollow } from "../../shared/audit/follow.ts";
import type { AuditEntry } from "../../shared/audit/types.ts";
import type { PlacedEntry } from "./entries.ts";
import { treeSize } from "./nodes.ts";
import { entriesAfter } from "./query.ts";

const MAX_FOLLOWERS = 256;
/** What one connection is sent of the past. */
const REPLAY_ROWS = 1_000;
const REPLAY_CHARACTERS = 1_000_000;

/** Accepts a follower: sends what it missed, then it hears of each append (the socket may hibernate). */
export function acceptFollower(ctx: DurableObjectState, request: Request): Response {
  if (request.headers.get("Upgrade") !== "websocket") return new Response(null, { status: 426 });
  const follow = parseFollow(new URL(request.url).searchParams);
  if (!follow) return new Response(null, { status: 400 });
  if (ctx.getWebSockets().length >= MAX_FOLLOWERS) return new Response(null, { status: 503 });
  const { 0: client, 1: server } = new WebSocketPair();
  ctx.acceptWebSocket(server);
  server.serializeAttachment({ kinds: follow.kinds } satisfies Attachment);
  replay(ctx.storage.sql, server, follow.after ?? treeSize(ctx.storage.sql) - 1, follow.kinds);
  return new Response(null, { status: 101, webSocket: client });
}

/** Tells the followers of entries that were appended. */
export function tellFollowers(ctx: DurableObjectState, placed: readonly PlacedEntry[]): void {
  for (const socket of ctx.getWebSockets()) {
    const { kinds } = socket.deserializeAttachment() as Attachment;
    for (const { leaf, entry, text } of placed) {
      if (kinds.length === 0 || kinds.includes(entry.kind)) send(socket, leaf, text);
    }
  }
}

interface Attachment {
  /** Empty for all. */
  readonly kinds: readonly AuditEntry["kind"][];
}

/** A follower that is further behind than one replay is asked to come again from where it stands. */
function replay(sql: SqlStorage, socket: WebSocket, after: number, kinds: Attachment["kinds"]): void {
  const rows = entriesAfter(sql, after, kinds, REPLAY_ROWS + 1);
  let characters = 0;
  for (const [n, { leaf, text }] of rows.entries()) {
    characters += text.length;
    if (n === REPLAY_ROWS || (n > 0 && characters > REPLAY_CHARACTERS)) {
      socket.close(FOLLOW_CONTINUE, "continue after the last leaf");
      return;
    }
    send(socket, leaf, text);
  }
}

/** One `AuditRow`; the stored text is JSON already. A socket that is closing does not stop the others. */
function send(socket: WebSocket, leaf: number, text: string): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(`{"leaf":${leaf},"entry":${text}}`);
}
