import { DurableObject } from "cloudflare:workers";
import { type Allowance, take } from "../shared/access/policy/allowance.ts";
import type { NotCompiled, PolicyCompilerRpc } from "../shared/access/policy/compiler-rpc.ts";
import { SerialQueue } from "../shared/base/async/serial-queue.ts";
import { err, ok, type Result } from "../shared/base/result.ts";
import type { SnapshotPolicy } from "../shared/registry/snapshot.ts";

/**
 * Compiles the policies of one caller, one after another and in small pieces. The parser is slow, and the traffic of an
 * app must not wait for it. This object stores nothing.
 */
export class PolicyCompiler extends DurableObject implements PolicyCompilerRpc {
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
}

/** Cedar's own parser is large. It is loaded when somebody writes a policy, never when an isolate starts. */
async function parse(source: string, name: string) {
  const { parsePolicies } = await import("./policies/parse.ts");
  return parsePolicies(source, name, () => scheduler.wait(0));
}
