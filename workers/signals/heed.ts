import { type Consequence, decideSignal } from "../../shared/access/signals/decide.ts";
import { quarantineWord } from "../../shared/access/signals/quarantine.ts";
import { type SaidRisk, signalSource } from "../../shared/access/signals/risk.ts";
import type { Signal } from "../../shared/access/signals/security-event-token.ts";
import { subjectWords } from "../../shared/access/signals/subject.ts";
import type { EventEntry } from "../../shared/audit/types.ts";
import { refreshMesh } from "../mesh/notify.ts";
import type { Bindings } from "../platform/env.ts";
import { coordinatorObject } from "../platform/objects.ts";
import { freshId } from "../platform/random.ts";
import { recordEnding } from "../platform/saved-events.ts";
import { storeSignal, touched } from "../registry/risk.ts";
import { endOfUser } from "../session/end-sessions.ts";
import { indexEnded } from "../session/session-index.ts";
import { tellSessions } from "../sign-in/recheck/tell.ts";
import { stateCompliance } from "./devices.ts";
import type { NamedPerson } from "./people.ts";
import { followToNodes } from "./quarantine.ts";
import { beginEvent, finishEvent } from "./received.ts";
import { checkSoon } from "./recheck.ts";
import type { Transmitter } from "./transmitters.ts";

/** What was done about a signal. */
interface Done {
  readonly outcome: string;
  readonly ended: number;
}

/**
 * Does what a signal asks for, once. It is kept before anything is done, and marked as heeded at the end: so a token
 * that is sent again because something failed in between is heeded then, and one that was heeded is not heeded twice.
 *
 * @param person Null for a signal that names nobody who is known here.
 */
export async function heed(
  bindings: Bindings,
  ctx: ExecutionContext,
  transmitter: Transmitter,
  received: { readonly jti: string; readonly signal: Signal; readonly person: NamedPerson | null },
): Promise<void> {
  const { jti, signal, person } = received;
  const now = Date.now();
  const subject = subjectWords(signal.subject);
  const target = person?.userId ?? transmitter.id;
  const row = await beginEvent(bindings.db, {
    transmitterId: transmitter.id,
    jti,
    event: signal.event,
    subject,
    userId: person?.userId ?? "",
    eventAt: signal.eventAt,
    receivedAt: now,
  });
  if (row === null) return;
  const entry: EventEntry = {
    kind: "session",
    id: freshId("audit"),
    at: now,
    actor: `transmitter:${transmitter.id}`,
    action: "signal.received",
    target,
    detail: {
      event: signal.event,
      subject,
      transmitter: transmitter.name,
      eventAt: signal.eventAt,
      jti,
      ...(person ? { email: person.email } : {}),
    },
  };
  const mayRate = transmitter.ratesOwners || person?.role !== "owner";
  const consequence = decideSignal(signal, transmitter.effects, mayRate);
  const word = quarantineWord(signal, transmitter.quarantines);
  const done = await recordEnding(bindings, entry, async () => {
    const { device } = signal.subject;
    const nodes = word && (await followToNodes(bindings, transmitter, { person, device, jti }, word));
    const { outcome, ended } = await follow(bindings, ctx, transmitter, person, consequence);
    return { outcome: nodes === null ? outcome : `${outcome}; ${nodes}`, ended };
  });
  await finishEvent(bindings.db, row, { ...done, entry: entry.id });
}

async function follow(
  bindings: Bindings,
  ctx: ExecutionContext,
  transmitter: Transmitter,
  person: NamedPerson | null,
  consequence: Consequence,
): Promise<Done> {
  if (consequence.type === "device") {
    const isStated = await stateCompliance(bindings, transmitter, person, consequence);
    if (!isStated) return follow(bindings, ctx, transmitter, person, consequence.otherwise);
    const word = consequence.isCompliant ? "compliant" : "not compliant";
    return { outcome: `noted that the device is ${word}`, ended: 0 };
  }
  return person
    ? followFor(bindings, ctx, transmitter, person, consequence)
    : followForNobody(bindings, transmitter, consequence);
}

async function followFor(
  bindings: Bindings,
  ctx: ExecutionContext,
  transmitter: Transmitter,
  person: NamedPerson,
  consequence: Exclude<Consequence, { type: "device" }>,
): Promise<Done> {
  switch (consequence.type) {
    case "record":
      return { outcome: `recorded: ${consequence.why}`, ended: 0 };
    case "risk":
      return raise(bindings, transmitter, person, consequence.said);
    case "recheck":
      if (await checkSoon(bindings, ctx, person.identityId))
        return { outcome: "asked the provider", ended: 0 };
      return end(bindings, transmitter, person, {
        type: "end",
        scope: "provider",
        sid: null,
        signedInUntil: Date.now(),
      });
    case "end":
      return end(bindings, transmitter, person, consequence);
  }
}

async function end(
  bindings: Bindings,
  { provider }: Transmitter,
  { userId, subject }: NamedPerson,
  { scope, sid, signedInUntil }: Extract<Consequence, { type: "end" }>,
): Promise<Done> {
  const filter =
    scope === "person"
      ? ({ by: "user", id: userId, signedInUntil } as const)
      : ({
          by: "provider",
          providerId: provider.id,
          subject,
          sid,
          orUnknownSid: true,
          signedInUntil,
        } as const);
  const ended = await endOfUser(bindings, userId, filter, "revoked_by_signal");
  return { outcome: "ended sessions", ended: ended.length };
}

async function raise(
  bindings: Bindings,
  { name }: Transmitter,
  { userId }: NamedPerson,
  said: SaidRisk,
): Promise<Done> {
  const now = Date.now();
  const { signals } = signalSource(name).decide(null, said, now);
  await bindings.db.batch([
    ...signals.map((signal) => storeSignal(bindings.db, userId, signal)),
    touched(bindings.db, userId, now),
  ]);
  // Conditions of rules and criteria of microsegments read the risk of a node's owner.
  await Promise.all([tellSessions(bindings, userId), refreshMesh(bindings)]);
  return { outcome: said.score === 0 ? "took the risk back" : `set the risk ${said.score}`, ended: 0 };
}

/** A signal may name a session alone, by the provider's id of it. */
async function followForNobody(
  bindings: Bindings,
  { provider }: Transmitter,
  consequence: Consequence,
): Promise<Done> {
  if (consequence.type !== "end" || consequence.sid === null)
    return { outcome: "recorded: it names nobody who signs in here", ended: 0 };
  const { sid, signedInUntil } = consequence;
  const filter = { by: "provider", providerId: provider.id, subject: null, sid, signedInUntil } as const;
  const { ended } = await coordinatorObject(bindings).endEverywhere(null, filter, "revoked_by_signal");
  await indexEnded(bindings.db, ended, "revoked_by_signal");
  return { outcome: "ended sessions", ended: ended.length };
}
