import { base64url, fromBase64url } from "../../shared/base/base64url.ts";
import { FAULT_HEADER, OPEN_HEADER, type TunnelFault } from "../../shared/connector/connector-tunnel.ts";
import { encodeHead, type OpenHead } from "../../shared/connector/heads.ts";
import { isTcpUpstream } from "../../shared/connector/private-upstream.ts";
import { headersOfRest, isRest, resumptionOf } from "../../shared/connector/resume.ts";
import type { UpstreamFault } from "../../shared/http/upstream-fault.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";
import { logError, logInfo } from "../platform/log.ts";
import { tunnelObject } from "../platform/objects.ts";
import type { Outgoing, Upstream } from "./upstream.ts";

/** An upstream that one of the app's agents dials. The exchange goes through the object of the app's tunnels. */
export function connectorUpstream(url: string, app: SnapshotApp, bindings: Bindings): Upstream {
  const exchange = async (outgoing: Outgoing, signal: AbortSignal): Promise<Response | UpstreamFault> => {
    try {
      return await send(await openHead(url, outgoing), outgoing, signal, app, bindings);
    } catch (error) {
      if (!signal.aborted) logError("tunnel_unreachable", error, { app: app.id });
      return "lost";
    }
  };
  return {
    kind: "connector",
    origin: url,
    open: exchange,
    rest: async (outgoing, answer, received, signal) => {
      const { request } = outgoing;
      const isResumable = request.method === "GET" && request.body === null;
      const resumption = isResumable ? resumptionOf(answer.status, answer.headers) : null;
      if (!resumption) return null;
      const headers = [...withoutRange(outgoing.headers), ...headersOfRest(resumption, received)];
      const rest = await exchange({ ...outgoing, headers }, signal);
      if (!(rest instanceof Response)) return null;
      if (isRest(resumption, received, rest.status, rest.headers)) return rest.body;
      await rest.body?.cancel();
      return null;
    },
  };
}

/** Headers of the handshake with the client. The agent makes its own with the application. */
const OF_HANDSHAKE = /^(?:upgrade|sec-websocket-(?:key|version|extensions|protocol))$/i;
const withoutRange = (headers: Outgoing["headers"]) =>
  headers.filter(([name]) => !/^(?:range|if-range)$/i.test(name));

async function openHead(upstream: string, outgoing: Outgoing): Promise<OpenHead> {
  const { request, target, host, opensSocket, pass } = outgoing;
  const kind = isTcpUpstream(upstream) ? "tcp" : opensSocket ? "socket" : "http";
  const protocols = request.headers.get("sec-websocket-protocol");
  return {
    kind,
    pass: await pass(upstream, kind),
    upstream,
    method: request.method,
    target,
    ...(host === null ? {} : { host }),
    headers: outgoing.headers.filter(([name]) => !OF_HANDSHAKE.test(name)) as [string, string][],
    protocols: protocols === null ? [] : protocols.split(",").map((text) => text.trim()),
    body: kind === "http" ? lengthOf(request) : null,
  };
}

/** The length of the body that goes into the tunnel. A HEAD has none. */
function lengthOf({ method, headers, body }: Request): OpenHead["body"] {
  if (body === null || method === "HEAD") return null;
  const length = headers.get("content-length");
  return length !== null && /^\d{1,15}$/.test(length) ? Number(length) : "chunked";
}

async function send(
  open: OpenHead,
  { request, body }: Outgoing,
  signal: AbortSignal,
  app: SnapshotApp,
  bindings: Bindings,
): Promise<Response | UpstreamFault> {
  const head = encodeHead(open);
  if (head === null) return "malformed";
  const isSocket = open.kind !== "http";
  const answer = await tunnelObject(bindings, app.id).fetch("https://tunnel/", {
    method: isSocket ? "GET" : open.method === "HEAD" ? "HEAD" : "POST",
    headers: { [OPEN_HEADER]: base64url(head), ...(isSocket ? { upgrade: "websocket" } : {}) },
    body: open.body === null ? null : (body ?? request.body),
    signal,
    redirect: "manual",
  });
  const fault = answer.headers.get(FAULT_HEADER);
  if (fault === null) return answer;
  await answer.body?.cancel();
  const { fault: kind, detail } = readFault(fault);
  logInfo("tunnel_gave_no_answer", { app: app.id, fault: kind, detail: detail.slice(0, 300) });
  return kind;
}

const readFault = (text: string): TunnelFault =>
  JSON.parse(new TextDecoder().decode(fromBase64url(text) ?? new Uint8Array(0))) as TunnelFault;
