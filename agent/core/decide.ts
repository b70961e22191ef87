import { compareSerials } from "../../shared/node/config/serial.ts";
import type { Consequence } from "../hub/consequence.ts";
import { MEMBERSHIP_FILES } from "../state/store.ts";
import type { Decision, Effect, Happening } from "./happenings.ts";
import { hasEnded, isToBeWritten, type Moment, openLease } from "./lease.ts";
import { type Ending, type Life, type LifeEvent, tagOf } from "./life.ts";

const MEND_EVERY_MS = 60_000;

/** Decides what a happening means for a node at `now`. It has no side effects. */
export function decide(life: Life, happening: Happening, now: Moment): Decision {
  if (happening.type === "ended") return ended(life, happening.ending, now);
  // A late answer must not bring anything back after the end.
  if (life.ending !== null) return NOTHING;
  switch (happening.type) {
    case "opened":
      return opened(happening, now);
    case "enforced":
      return enforced(life, happening);
    case "unenforced":
      return unenforced(life, happening, now);
    case "unchanged":
      return unchanged(life, happening, now);
    case "accepted":
      return accepted(life, happening, now);
    case "refused":
      return joined(
        { events: [{ type: "answered", hinted: happening.poll.hinted }, { type: "doubted" }], effects: [] },
        lost(life, UNAPPLIED, happening.reason, now),
      );
    case "failed":
      return lost(life, happening.consequence, happening.reason, now);
    case "hinted":
      return { events: [happening], effects: [{ type: "wake" }] };
    case "moved":
      return {
        events: [],
        effects: [{ type: "start_anew" }, { type: "tell", what: "move" }, { type: "seek" }],
      };
    case "ticked":
      return ticked(life, now);
    case "searched":
      return { events: [happening], effects: [] };
  }
}

const NOTHING: Decision = { events: [], effects: [] };
const UNAPPLIED: Consequence = { standing: "unapplied", tunnel: "keep" };

const joined = (...decisions: readonly Decision[]): Decision => ({
  events: decisions.flatMap(({ events }) => events),
  effects: decisions.flatMap(({ effects }) => effects),
});

/** The agent puts the last config back in force before it asks the hub. */
function opened({ next, good, floor, fresh }: Extract<Happening, { type: "opened" }>, now: Moment): Decision {
  const lease = openLease(fresh, now);
  const [first, spare] = next ? [next, good] : [good, null];
  const events: LifeEvent[] = [
    { type: "opened", lease, leftSeconds: first?.manifest.leaseSeconds ?? null, floor },
    { type: "tried", spare },
  ];
  // No config proves that the peers of an earlier run may stay.
  if (!first) return { events, effects: [{ type: "hold_exit" }, { type: "drop_peers" }] };
  const isApart = hasEnded(lease, first.manifest.leaseSeconds, now);
  return { events, effects: [{ type: "enforce", config: first, isApart, occasion: "start" }] };
}

/** The accepted config is in force. It becomes the last good config. */
function enforced(
  life: Life,
  { config, isApart, occasion }: Extract<Happening, { type: "enforced" }>,
): Decision {
  const events: LifeEvent[] = [{ type: "applied", config, isApart }];
  if (occasion === "return") return { events, effects: [info("The peers are back")] };
  const settled: Decision = {
    events,
    effects: [
      { type: "keep_config", file: "config", config },
      { type: "forget", files: ["next"] },
      { type: "settle_keys", config },
      ...(occasion === "change" ? [info(`Applied ${tagOf(config)}`)] : []),
      { type: "tell", what: "config" },
    ],
  };
  return occasion === "start" ? settled : joined(settled, inTouch(life, true));
}

function unenforced(
  life: Life,
  { occasion, reason }: Extract<Happening, { type: "unenforced" }>,
  now: Moment,
): Decision {
  const noted: Decision = { events: [{ type: "not_applied", reason }], effects: [] };
  if (occasion === "start") {
    const config = life.spare;
    if (config === null) return joined(noted, { events: [], effects: [warning(reason)] });
    const isApart = hasEnded(life.lease, config.manifest.leaseSeconds, now);
    return joined(noted, {
      events: [{ type: "tried", spare: null }],
      effects: [warning(reason), { type: "enforce", config, isApart, occasion }],
    });
  }
  const failed = lost(life, UNAPPLIED, reason, now);
  if (occasion === "return") return failed;
  return joined(noted, failed, {
    events: [],
    effects: [
      { type: "forget", files: ["next"] },
      { type: "tell", what: "config" },
    ],
  });
}

function unchanged(
  life: Life,
  { poll, hubTime, skewMs }: Extract<Happening, { type: "unchanged" }>,
  now: Moment,
): Decision {
  const answered: Decision = { events: [{ type: "answered", hinted: poll.hinted }], effects: [] };
  if (poll.tag === null) {
    const reason = "The hub says that nothing changed, but nothing is applied here";
    return joined(answered, lost(life, { standing: "unreachable", tunnel: "keep" }, reason, now));
  }
  return joined(answered, renewed(life, hubTime, skewMs, now), inTouch(life, false));
}

function accepted(life: Life, happening: Extract<Happening, { type: "accepted" }>, now: Moment): Decision {
  const { root, applied, change } = happening.accepted;
  const answered: Decision = {
    events: [{ type: "answered", hinted: happening.poll.hinted }, { type: "trusted" }],
    effects: [],
  };
  if (applied && life.floor && compareSerials(applied.serial, life.floor) < 0) {
    const reason = "SERIAL_OLD leaf: A newer configuration was applied before.";
    return joined(answered, lost(life, UNAPPLIED, reason, now));
  }
  const rooted: Decision =
    root === life.config.root
      ? NOTHING
      : { events: [{ type: "rooted", root }], effects: [{ type: "keep_roots", envelopes: happening.roots }] };
  // Only an accepted answer renews the lease. The lease is renewed before the config is applied, so that it does not
  // look ended during the apply.
  const fresh = joined(answered, rooted, renewed(life, happening.hubTime, happening.skewMs, now));
  if (applied && change === "config")
    return joined(fresh, {
      events: [],
      effects: [
        { type: "keep_config", file: "next", config: applied },
        { type: "enforce", config: applied, isApart: false, occasion: "change" },
      ],
    });
  const proven: Decision =
    applied && change === "renewed"
      ? {
          events: [{ type: "proven", config: applied }],
          effects: [{ type: "keep_config", file: "config", config: applied }],
        }
      : NOTHING;
  return joined(fresh, proven, inTouch(life, false));
}

function renewed(life: Life, hubTime: number, skewMs: number, now: Moment): Decision {
  const isWritten = isToBeWritten(life.lease, now);
  return {
    events: [
      { type: "renewed", hubTime, skewMs, now },
      ...(isWritten ? [{ type: "written", now } as const] : []),
    ],
    effects: isWritten ? [{ type: "keep_lease" }] : [],
  };
}

/**
 * A fresh answer brings back the peers that were taken away without one.
 * @param isHeld Whether the config that just came brings the peers itself.
 */
function inTouch({ standing, isApart, config: { applied } }: Life, isHeld: boolean): Decision {
  const returns = isApart && !isHeld && applied;
  return {
    events: [{ type: "touched" }],
    effects: [
      ...(standing === "running" ? [] : [info("In touch with the hub")]),
      { type: "tell", what: "touch" },
      ...(returns ? [{ type: "enforce", config: applied, isApart: false, occasion: "return" } as const] : []),
    ],
  };
}

/** Only an answer that the session key proves can take something away: see `consequenceOf`. */
function lost(life: Life, { standing, tunnel }: Consequence, reason: string, now: Moment): Decision {
  const said: Decision = {
    events: [{ type: "lost", standing, detail: reason }],
    effects: reason === life.detail ? [] : [warning(reason)],
  };
  switch (tunnel) {
    case "keep":
      return said;
    case "isolate":
      return joined(said, isolated(life));
    case "remove":
      return joined(said, {
        events: [
          { type: "ended", ending: "revoked" },
          { type: "written", now },
        ],
        effects: [
          // The node loses its tunnel, but its traffic must still not go around the exit node.
          { type: "remove", keepsExit: true },
          // If the disk can't record the end, no config may remain that a later start could put in force.
          { type: "forget", files: ["config", "next"] },
          { type: "keep_end", reason },
          { type: "keep_lease" },
        ],
      });
  }
}

function isolated({ isApart, config }: Life): Decision {
  // Nothing could be enforced since the start, but the tunnel of an earlier run may still hold peers.
  if (config.applied === null) return { events: [], effects: [{ type: "drop_peers" }] };
  return isApart ? NOTHING : { events: [{ type: "isolated" }], effects: [{ type: "isolate" }] };
}

function ticked(life: Life, now: Moment): Decision {
  const { applied } = life.config;
  if (applied === null) {
    const { lease, leftSeconds } = life;
    return leftSeconds !== null && hasEnded(lease, leftSeconds, now) ? isolated(life) : NOTHING;
  }
  const isOver = !life.isApart && hasEnded(life.lease, applied.manifest.leaseSeconds, now);
  const isToMend = now.steady - life.mendedAt >= MEND_EVERY_MS;
  return joined(
    isOver
      ? joined(
          {
            events: [],
            effects: [warning("The lease has ended without a word of the hub: the peers are taken away")],
          },
          isolated(life),
        )
      : NOTHING,
    isToMend ? { events: [{ type: "mended", now }], effects: [{ type: "mend" }] } : NOTHING,
    life.searches || isToMend ? { events: [], effects: [{ type: "search" }] } : NOTHING,
  );
}

/** The first ending stays. The agent still does what a later ending asks for. */
function ended(life: Life, ending: Exclude<Ending, "revoked">, now: Moment): Decision {
  const isFresh = life.lease.at > 0 && ending !== "logout";
  return {
    events: [
      ...(life.ending === null ? [{ type: "ended", ending } as const] : []),
      ...(isFresh ? [{ type: "written", now } as const] : []),
    ],
    effects: [
      { type: "wake" },
      ...(ending === "signal" ? [] : [{ type: "remove", keepsExit: false } as const]),
      ...(ending === "logout" ? [{ type: "forget", files: MEMBERSHIP_FILES } as const] : []),
      ...(isFresh ? [{ type: "keep_lease" } as const] : []),
    ],
  };
}

const info = (message: string): Effect => ({ type: "log", level: "info", message });
const warning = (message: string): Effect => ({ type: "log", level: "warn", message });
