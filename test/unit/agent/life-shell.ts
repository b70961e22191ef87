import { decide } from "../../../agent/core/decide.ts";
import type { Effect, Happening } from "../../../agent/core/happenings.ts";
import type { Moment } from "../../../agent/core/lease.ts";
import { apply, type Life, newLife, pollOf } from "../../../agent/core/life.ts";
import type { Consequence } from "../../../agent/hub/consequence.ts";
import type { AcceptedConfig, AppliedConfig } from "../../../shared/node/config/accept.ts";
import type { RootDocument } from "../../../shared/node/config/types.ts";

/** The shell of a life without a machine: what its effects would leave in the tunnel and on the disk. */
export class TestShell {
  life: Life = newLife(ROOT);
  now: Moment;
  /** What is in force; its peers are there unless they are taken away. */
  tunnel: { readonly config: AppliedConfig; readonly hasPeers: boolean } | null = null;
  readonly disk = new Map<string, unknown>();
  readonly done: Effect[] = [];
  /** Whether the system lets the next configs come into force. */
  canApply = true;

  constructor(now: Moment) {
    this.now = now;
  }

  wait(ms: number): void {
    this.now = { wall: this.now.wall + ms, steady: this.now.steady + ms };
  }

  happen(happening: Happening): void {
    const { events, effects } = decide(this.life, happening, this.now);
    this.life = events.reduce(apply, this.life);
    for (const effect of effects) {
      this.done.push(effect);
      this.#perform(effect);
    }
  }

  /** A poll that the hub answers so. */
  unchanged(): void {
    this.happen({ type: "unchanged", poll: pollOf(this.life), hubTime: this.now.wall, skewMs: 0 });
  }

  accept(
    applied: AppliedConfig | null,
    change: AcceptedConfig["change"],
    root = this.life.config.root,
  ): void {
    const poll = pollOf(this.life);
    const accepted = { root, applied, change };
    this.happen({ type: "accepted", poll, accepted, roots: [], hubTime: this.now.wall, skewMs: 0 });
  }

  fail(consequence: Consequence, reason = "it failed"): void {
    this.happen({ type: "failed", consequence, reason });
  }

  /** The kinds of what was done since this was asked last, but for the log. */
  did(): string[] {
    const kinds = this.done.filter(({ type }) => type !== "log").map(({ type }) => type);
    this.done.length = 0;
    return kinds;
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case "enforce": {
        const { config, isApart, occasion } = effect;
        if (this.canApply) {
          this.tunnel = { config, hasPeers: !isApart };
          this.happen({ type: "enforced", config, isApart, occasion });
        } else this.happen({ type: "unenforced", occasion, reason: "the system says no" });
        return;
      }
      case "isolate":
      case "drop_peers":
        this.tunnel = this.tunnel && { ...this.tunnel, hasPeers: false };
        return;
      case "remove":
        this.tunnel = null;
        return;
      case "keep_config":
        this.disk.set(effect.file, effect.config);
        return;
      case "keep_lease":
        this.disk.set("fresh", { at: this.life.lease.at, skewMs: this.life.lease.skewMs });
        return;
      case "keep_end":
        this.disk.set("membership", effect.reason);
        return;
      case "forget":
        for (const file of effect.files) this.disk.delete(file);
        return;
    }
  }
}

export const ROOT = { version: 1 } as RootDocument;
export const LEASE_SECONDS = 3_600;

/** As far as a life looks into it. */
export const configOf = (counter: number, leaseSeconds = LEASE_SECONDS): AppliedConfig =>
  ({
    serial: { epoch: 1, rootVersion: 1, counter },
    manifestHash: `hash-${counter}`,
    manifest: { leaseSeconds },
  }) as AppliedConfig;

export const AWAY: Consequence = { standing: "unreachable", tunnel: "keep" };
export const QUARANTINED: Consequence = { standing: "quarantined", tunnel: "isolate" };
export const REVOKED: Consequence = { standing: "ended", tunnel: "remove" };
