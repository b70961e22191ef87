import { mayTryAnother } from "../../shared/connector/choice.ts";
import type { TunnelFault } from "../../shared/connector/connector-tunnel.ts";
import type { ResetReason } from "../../shared/connector/frame.ts";
import { decodeAnswerHead, encodeHead, type OpenHead } from "../../shared/connector/heads.ts";
import type { Link } from "../../shared/connector/link.ts";
import { StreamReset, type TunnelStream } from "../../shared/connector/tunnel-stream.ts";
import type { Agents } from "./agents.ts";
import { bridge } from "./bridge.ts";
import { answerFrom } from "./download.ts";
import { Upload } from "./upload.ts";

/** How many agents one request may try. */
const MOST_TRIES = 3;

/** Sends one request through an agent, or says why no agent gave an answer. */
export async function exchange(
  agents: Agents,
  open: OpenHead,
  body: ReadableStream<Uint8Array> | null,
  signal: AbortSignal,
): Promise<Response | TunnelFault> {
  const head = encodeHead(open);
  if (head === null) return { fault: "malformed", detail: "the headers of the request are too long" };
  const upload = new Upload(body);
  const tried = new Set<string>();
  let failure: TunnelFault = { fault: "offline", detail: "no agent is connected" };
  while (tried.size < MOST_TRIES && !signal.aborted) {
    const agent = agents.inOrder(Date.now()).find(({ node }) => !tried.has(node));
    if (!agent) break;
    tried.add(agent.node);
    const answer = await attempt(agent.link, open, head, upload, signal);
    if (answer instanceof Response) return answer;
    failure = { fault: FAULTS[answer.reason], detail: `${agent.node}: ${answer.message}` };
    if (answer.reason !== "cancelled")
      agents.failed(agent.node, answer.message, answer.reason === "unreachable");
    if (!mayTryAnother({ reason: answer.reason, isBodyTouched: upload.isTouched }, open.method)) break;
  }
  upload.cancel();
  return failure;
}

const FAULTS: Readonly<Record<ResetReason, TunnelFault["fault"]>> = {
  cancelled: "lost",
  unreachable: "lost",
  refused: "forbidden",
  lost: "lost",
  malformed: "malformed",
  overloaded: "lost",
  violation: "malformed",
};

async function attempt(
  link: Link,
  open: OpenHead,
  head: Uint8Array,
  upload: Upload,
  signal: AbortSignal,
): Promise<Response | StreamReset> {
  const stream = link.open(head);
  const cancel = () => stream.reset("cancelled");
  signal.addEventListener("abort", cancel);
  stream.onOver(() => signal.removeEventListener("abort", cancel));
  if (open.kind === "http") void upload.into(stream);
  try {
    return await answerOf(stream, open);
  } catch (error) {
    if (error instanceof StreamReset) return error;
    throw error;
  }
}

async function answerOf(stream: TunnelStream, open: OpenHead): Promise<Response> {
  const answer = decodeAnswerHead(await stream.answered());
  const isOpened = answer?.status === 101 && open.kind !== "http";
  if (!answer || (!isOpened && (answer.status < 200 || answer.status > 599))) {
    stream.reset("violation", "the head of the answer is malformed");
    throw new StreamReset("malformed", "the head of the answer is malformed");
  }
  if (!isOpened || open.kind === "http") return answerFrom(stream, answer, open.method);
  const headers = answer.protocol === "" ? {} : { "sec-websocket-protocol": answer.protocol };
  return new Response(null, { status: 101, webSocket: bridge(stream, open.kind), headers });
}
