import { DurableObject } from "cloudflare:workers";
import { type LockOuts, lockOutsOf, type Standing } from "../shared/access/lock-out.ts";
import { type Allowance, take } from "../shared/access/policy/allowance.ts";
import type { NotCompiled, PolicyCompilerRpc, ReplayAsked } from "../shared/access/policy/compiler-rpc.ts";
import { SerialQueue } from "../shared/base/async/serial-queue.ts";
import { objectOf } from "../shared/base/objects.ts";
import { err, ok, type Result } from "../shared/base/result.ts";
import type { ObjectBindings } from "../shared/bindings.ts";
import type { SnapshotPolicy } from "../shared/registry/snapshot.ts";
import { replay } from "./policies/replay.ts";

type Environment = Pick<ObjectBindings, "AUDIT_LOG">;

/**
 * Compiles the policies of one caller, one after another and in small pieces. The parser is slow, and the traffic of an
 * app must not wait for it. This object stores nothing.
 */
export class PolicyCompiler extends DurableObject<Environment> implements PolicyCompilerRpc {
  #isReplaying = false;
  #allowance: Allowance | null = null;
  readonly #queue = new SerialQueue();

  async compile(
    source: string,
    name: string,
    perMinute: number,
  ): Promise<Result<readonly SnapshotPolicy[], NotCompiled>> {
    const { allowance, waitSeconds } = take(this.#allowance, source.length, perMinute, Date.now());
    this.#allowance = allowance;
    if (waitSeconds > 0) return err({ kind: "busy", retryAfterSeconds: waitSeconds });
    const parsed = await this.#queue.run(() => parse(source, name));
    return parsed.ok ? ok(parsed.value) : err({ kind: "invalid", issues: parsed.error });
  }

  async lockOuts(before: Standing, after: Standing, me: string | null, now: number): Promise<LockOuts> {
    return lockOutsOf(before, after, me, now);
  }

  async replay(asked: ReplayAsked): ReturnType<PolicyCompilerRpc["replay"]> {
    if (this.#isReplaying) return err({ kind: "busy", retryAfterSeconds: REPLAY_RETRY_SECONDS });
    this.#isReplaying = true;
    try {
      return ok(await replay(asked, objectOf(this.env.AUDIT_LOG, "audit")));
    } finally {
      this.#isReplaying = false;
    }
  }
}

/** A rest for whoever asks again while a replay runs. */
const REPLAY_RETRY_SECONDS = 5;

/** Cedar's own parser is large. It is loaded when somebody writes a policy, never when an isolate starts. */
async function parse(source: string, name: string) {
  const [{ askCedar }, { parsePolicies }] = await Promise.all([
    import("./policies/cedar.ts"),
    import("../shared/access/policy/parse.ts"),
  ]);
  return parsePolicies(source, name, askCedar, () => scheduler.wait(0));
}
