import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { encodeHead, type OpenHead } from "../../shared/connector/heads.ts";
import type { TunnelStream } from "../../shared/connector/tunnel-stream.ts";
import { messageOf } from "../failure.ts";
import type { Dial } from "./dial.ts";

const CONNECT_MS = 10_000;
const MAX_HEADER_BYTES = 64 * 1024;
const AGENTS = {
  http: new HttpAgent({ keepAlive: true, maxFreeSockets: 64 }),
  https: new HttpsAgent({ keepAlive: true, maxFreeSockets: 64 }),
};
/** Headers that this connection gets of its own (RFC 9112 §6). */
const OWN = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "keep-alive",
  "te",
  "expect",
]);
/** Methods whose request is understood to have a body unless it says otherwise (RFC 9110 §8.6). */
const WITH_BODY = new Set(["POST", "PUT", "PATCH"]);

/** Passes one HTTP request to the application, and the answer back. */
export function exchangeHttp(stream: TunnelStream, open: OpenHead, dial: Dial): void {
  const isTls = dial.scheme === "https";
  let isConnected = false;
  let isAnswered = false;
  const request = (isTls ? httpsRequest : httpRequest)({
    host: dial.host,
    port: dial.port,
    lookup: dial.lookup,
    // Which certificate is asked for, whatever host the request names. An address asks for none.
    servername: isIP(dial.host) ? "" : dial.host,
    agent: isTls ? AGENTS.https : AGENTS.http,
    method: open.method,
    path: open.target,
    headers: headersFor(open),
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  const fail = (error: Error) => {
    if (isAnswered) stream.reset("lost", "the application broke off");
    else stream.reset(isConnected ? faultOf(error) : "unreachable", messageOf(error));
  };
  const late = setTimeout(() => request.destroy(new Error("no connection in time")), CONNECT_MS);
  const connected = () => {
    isConnected = true;
    clearTimeout(late);
  };
  request.on("socket", (socket) => {
    if (request.reusedSocket || !socket.connecting) connected();
    else socket.once(isTls ? "secureConnect" : "connect", connected);
  });
  request.on("error", fail);
  request.on("upgrade", (_response, socket) => {
    socket.destroy();
    stream.reset("malformed", "the application upgraded a connection that nobody asked to upgrade");
  });
  request.on("response", (response) => {
    isAnswered = true;
    void passBack(stream, response, request);
  });
  request.on("close", () => clearTimeout(late));
  stream.onOver(() => {
    if (stream.fault) request.destroy();
  });
  void passOn(stream, request, typeof open.body === "number" ? open.body : null);
}

function headersFor({ headers, upstream, host, method, body }: OpenHead): string[] {
  const kept = headers.filter(([name]) => !OWN.has(name.toLowerCase()));
  const own: [string, string][] = [["host", host ?? upstream.slice(upstream.indexOf("://") + 3)]];
  if (typeof body === "number") own.push(["content-length", String(body)]);
  else if (body === "chunked") own.push(["transfer-encoding", "chunked"]);
  else if (WITH_BODY.has(method)) own.push(["content-length", "0"]);
  return [...own, ...kept].flat();
}

/** Errors of the parser mean that something answered which does not speak HTTP. */
const faultOf = (error: Error & { readonly code?: string }): "malformed" | "lost" =>
  error.code?.startsWith("HPE_") ? "malformed" : "lost";

/** The request's body. A body that is not as long as was said would shift into the next request. */
async function passOn(stream: TunnelStream, request: ClientRequest, length: number | null): Promise<void> {
  let sent = 0;
  try {
    for (let next = await stream.read(); next !== null; next = await stream.read()) {
      sent += next.bytes.length;
      if (length !== null && sent > length) throw new Error("the body is longer than was said");
      if (!request.write(next.bytes)) await drained(request);
    }
    if (length !== null && sent < length) throw new Error("the body is shorter than was said");
    request.end();
  } catch (error) {
    request.destroy(error as Error);
  }
}

const drained = (request: ClientRequest): Promise<void> =>
  new Promise((resolve) => {
    const go = () => {
      request.off("drain", go).off("close", go);
      resolve();
    };
    request.on("drain", go).on("close", go);
  });

async function passBack(
  stream: TunnelStream,
  response: IncomingMessage,
  request: ClientRequest,
): Promise<void> {
  try {
    const head = encodeHead({ status: response.statusCode ?? 0, headers: pairs(response), protocol: "" });
    if (head === null) return stream.reset("malformed", "the headers of the answer are too long");
    stream.answer(head);
    for await (const chunk of response as AsyncIterable<Buffer>) await stream.write(chunk);
    stream.end();
    // The application has answered without reading all of the body. Nobody needs the rest of it.
    if (!request.writableFinished) stream.reset("cancelled");
  } catch {
    stream.reset("lost", "the application broke off");
    request.destroy();
  }
}

function pairs({ rawHeaders }: IncomingMessage): [string, string][] {
  const list: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    list.push([(rawHeaders[at] ?? "").toLowerCase(), rawHeaders[at + 1] ?? ""]);
  }
  return list;
}
