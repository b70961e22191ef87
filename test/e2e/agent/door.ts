import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";

/** A proxy between agents and their hub: it can be shut, notes what passes, and can answer as an older hub would. */
export interface Door {
  /** For `HTTP_PROXY`. */
  readonly url: string;
  /** `METHOD /path`, with the headers of the agent. */
  readonly passed: readonly { readonly line: string; readonly headers: IncomingMessage["headers"] }[];
  isShut: boolean;
  /** What the agent is told that the hub has not said; null lets the hub's answer through. */
  rewrite: ((line: string, answer: unknown, body: Buffer) => Rewritten | null) | null;
  /** Headers that travel otherwise than the agent sent them. */
  headers: Readonly<Record<string, string>>;
  stop(): void;
}

export interface Rewritten {
  readonly status: number;
  readonly body: unknown;
}

export async function openDoor(hubPort: number): Promise<Door> {
  const passed: Door["passed"][number][] = [];
  const sockets = new Set<Duplex>();
  const server = createServer((incoming, outgoing) => void pass(incoming, outgoing));
  const door = {
    url: "",
    passed,
    rewrite: null as Door["rewrite"],
    headers: {},
    get isShut() {
      return isShut;
    },
    set isShut(value: boolean) {
      isShut = value;
      if (value) for (const socket of sockets) socket.destroy();
    },
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
  let isShut = false;

  /** An agent asks a proxy for whole addresses. */
  const note = ({ method, url = "", headers }: IncomingMessage): string => {
    const { pathname } = new URL(url, "http://hub.localhost");
    const line = `${method} ${pathname}`;
    passed.push({ line, headers });
    return line;
  };

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const line = note(incoming);
    const body = await bytesOf(incoming);
    const { host = "" } = new URL(incoming.url ?? "", "http://hub.localhost");
    const { pathname, search } = new URL(incoming.url ?? "", "http://hub.localhost");
    const headers = { ...incoming.headers, ...door.headers, host };
    const asked = request(
      { host: "127.0.0.1", port: hubPort, method: incoming.method, path: `${pathname}${search}`, headers },
      async (answer) => {
        const bytes = await bytesOf(answer);
        const rewritten = door.rewrite?.(line, jsonOf(bytes), body) ?? null;
        const { "transfer-encoding": _, "content-length": __, ...kept } = answer.headers;
        outgoing.writeHead(rewritten?.status ?? answer.statusCode ?? 502, kept);
        outgoing.end(rewritten ? JSON.stringify(rewritten.body) : bytes);
      },
    );
    asked.on("error", () => outgoing.destroy());
    outgoing.on("close", () => asked.destroy());
    asked.end(body);
  }

  server.on("connection", (socket: Socket) => {
    if (isShut) socket.destroy();
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (incoming: IncomingMessage, inside: Duplex, head: Buffer) => {
    note(incoming);
    const { pathname, search, host } = new URL(incoming.url ?? "", "http://hub.localhost");
    const lines = Object.entries({ ...incoming.headers, host }).map(([name, value]) => `${name}: ${value}`);
    const outside = connect(hubPort, "127.0.0.1", () => {
      outside.write(`GET ${pathname}${search} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
      outside.write(head);
      inside.pipe(outside).pipe(inside);
    });
    for (const [one, other] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      one.on("error", () => one.destroy());
      one.on("close", () => other.destroy());
    }
  });
  // An agent that asks for a tunnel speaks to a TLS hub: none here.
  server.on("connect", (_incoming, socket: Duplex) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  door.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return door;
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return null;
  }
}
