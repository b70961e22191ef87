import { request } from "node:http";
import WebSocket from "ws";
import type { System } from "./harness.ts";

/** When, by the process's clock, a stream ended, and how. */
export interface Cut {
  readonly atMs: number;
  readonly code: number | null;
}

export interface OpenStream {
  /** Settles when the peer ends the stream. */
  readonly cut: Promise<Cut>;
  close(): void;
}

export interface OpenSocket extends OpenStream {
  send(text: string): void;
  /** What came back so far. */
  readonly heard: readonly string[];
}

export interface OpenDownload extends OpenStream {
  /** How many bytes came so far. */
  received(): number;
}

/** Opens a WebSocket through the gateway, and waits until it echoes. */
export async function openSocket(
  port: number,
  host: string,
  cookie: string,
  path = "/socket",
  origin = `http://${host}`,
  more: Readonly<Record<string, string>> = {},
): Promise<OpenSocket> {
  const heard: string[] = [];
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
    headers: { host, cookie, origin, ...more },
  });
  const cut = new Promise<Cut>((resolve) => {
    socket.on("close", (code) => resolve({ atMs: performance.now(), code }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("unexpected-response", (_request, response) =>
      reject(new Error(`refused with ${response.statusCode}`)),
    );
    socket.on("message", (data) => {
      heard.push(String(data));
      resolve();
    });
    socket.on("open", () => socket.send("ping"));
  });
  return { cut, close: () => socket.terminate(), send: (text) => socket.send(text), heard };
}

/** Opens a response that never ends by itself, and waits for its first bytes. @param credential A cookie, or headers. */
export function openDownload(
  port: number,
  host: string,
  credential: string | Readonly<Record<string, string>>,
  path: string,
): Promise<OpenDownload> {
  let bytes = 0;
  const headers = { host, ...(typeof credential === "string" ? { cookie: credential } : credential) };
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, path, headers }, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`refused with ${response.statusCode}`));
      const cut = new Promise<Cut>((done) => {
        const settle = () => done({ atMs: performance.now(), code: null });
        response.on("end", settle).on("error", settle).on("close", settle);
      });
      response.on("data", (piece: Buffer) => {
        bytes += piece.byteLength;
        resolve({ cut, close: () => outgoing.destroy(), received: () => bytes });
      });
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

/** Starts an upload that never ends by itself. */
export function openUpload(port: number, host: string, cookie: string, path: string): OpenStream {
  const outgoing = request({ host: "127.0.0.1", port, path, method: "POST", headers: { host, cookie } });
  const timer = setInterval(() => outgoing.write("x".repeat(1_024)), 50);
  const cut = new Promise<Cut>((resolve) => {
    const settle = () => {
      clearInterval(timer);
      resolve({ atMs: performance.now(), code: null });
    };
    outgoing.on("close", settle).on("error", settle).on("response", settle);
  });
  outgoing.write("start");
  return {
    cut,
    close: () => {
      clearInterval(timer);
      outgoing.destroy();
    },
  };
}

/** The kinds of streams of which the audit log says, in order of the alphabet, that something befell them. */
export async function streamsOf({ admin }: System, user: string, action: string): Promise<string[]> {
  const { data } = await admin.call("audit.list", { query: { user, reason: action } });
  return data.items
    .filter(({ entry }) => entry.action === action)
    .map(({ entry }) => String((entry.detail as { stream?: string } | undefined)?.stream))
    .sort();
}

/** A stream of each kind to the app at a host. */
export async function openEach(
  { port }: Pick<System, "port">,
  host: string,
  cookie: string,
): Promise<{ socket: OpenStream; events: OpenStream; download: OpenStream }> {
  return {
    socket: await openSocket(port, host, cookie),
    events: await openDownload(port, host, cookie, "/events"),
    download: await openDownload(port, host, cookie, "/download"),
  };
}

/** With what code each stream ends, once it does. */
export const endsOf = async (streams: Record<string, OpenStream>) =>
  Object.fromEntries(
    await Promise.all(Object.entries(streams).map(async ([name, { cut }]) => [name, (await cut).code])),
  );
