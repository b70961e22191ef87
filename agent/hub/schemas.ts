import * as z from "zod/mini";
import { parseStrictJson } from "../../shared/node/config/strict-json.ts";
import type { ConfigUpdate } from "../../shared/node/config/types.ts";
import { configAnswer } from "../../shared/node/protocol/answers.ts";
import { HubAway } from "./http.ts";

export {
  challengeAnswer,
  enrollAnswer,
  handshakeAnswer,
  telemetryAnswer,
  trustAnswer,
} from "../../shared/node/protocol/answers.ts";

const text = (max: number) => z.string().check(z.maxLength(max));

export const problemDocument = z.object({
  code: z._default(text(100), "unknown"),
  title: z._default(text(500), ""),
  detail: z.optional(z.nullable(text(4_000))),
  retry_after_seconds: z.optional(z.int().check(z.gte(0))),
});

/** @throws HubAway for any other answer: the answer does not come from a hub that this agent understands. */
export function parseAnswer<T extends z.core.$ZodType>(
  schema: T,
  body: Uint8Array,
  maxBytes: number,
): z.infer<T> {
  const json = parseStrictJson(body, maxBytes);
  if (!json.ok) throw new HubAway(`The hub's answer is not JSON: ${json.error.reason}`);
  const parsed = z.safeParse(schema, json.value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new HubAway(`The hub's answer is not understood: ${issue?.path.join(".")} ${issue?.message}`);
  }
  return parsed.data;
}

export interface ReceivedConfig extends z.infer<typeof configAnswer> {
  /** The update as the hub sent it. `acceptUpdate` judges it. */
  readonly update: ConfigUpdate;
}

/** @throws HubAway when the answer is not the answer to a poll. */
export function parseConfigAnswer(body: Uint8Array, maxBytes: number): ReceivedConfig {
  const answer = parseAnswer(z.catchall(configAnswer, z.unknown()), body, maxBytes);
  const { roots, proof, objects, ...rest } = answer;
  const update = { roots, proof, objects };
  const present = Object.entries(update).filter(([, value]) => value !== undefined && value !== null);
  return { ...rest, update: Object.fromEntries(present) as ConfigUpdate };
}
