import { type ChosenEffects, effectOf, type SignalEffect } from "./events.ts";
import { type SaidRisk, saidRisk } from "./risk.ts";
import type { Signal } from "./security-event-token.ts";

/** What follows from a signal for the person it names. */
export type Consequence =
  /** Nothing but a record, and why. */
  | { readonly type: "record"; readonly why: string }
  | { readonly type: "recheck" }
  | { readonly type: "risk"; readonly said: SaidRisk }
  /**
   * The posture of the device that is called so, if it is one of ours and belongs to the person.
   * `otherwise`: what follows if it is not.
   */
  | {
      readonly type: "device";
      readonly device: string;
      readonly isCompliant: boolean;
      readonly at: number;
      readonly otherwise: Consequence;
    }
  /**
   * Sessions end whose sign-in is not newer than the event.
   * `sid`: only the provider's session of this id, or those whose id is not known. Null for all.
   */
  | {
      readonly type: "end";
      readonly scope: "provider" | "person";
      readonly sid: string | null;
      readonly signedInUntil: number;
    };

/** A sign-in within this time (milliseconds) after an event may be older than it: clocks differ. */
const SKEW_MS = 60_000;

/**
 * What a signal means, given what an administrator chose for its kind. A late signal undoes nothing: sessions of a
 * newer sign-in go on, and `signalSource` keeps the newest risk.
 *
 * @param mayRate Whether this transmitter may raise this person's risk.
 */
export function decideSignal(signal: Signal, chosen: ChosenEffects, mayRate: boolean): Consequence {
  const harmless = harmlessWords(signal);
  if (harmless !== null) return { type: "record", why: harmless };
  const effect = effectOf(signal.event, chosen);
  switch (effect) {
    case "record":
      return { type: "record", why: "events of this kind are only recorded" };
    case "recheck":
      return { type: "recheck" };
    case "risk":
      return deviceOf(signal, mayRate) ?? riskOf(signal, mayRate);
    case "end":
    case "end_all":
      return endOf(signal, effect);
  }
}

/** Good news changes nothing: a signal never gives access. */
function harmlessWords({ event, payload }: Signal): string | null {
  if (event === "assurance-level-change" && payload.change_direction === "increase")
    return "the assurance rose";
  return null;
}

function deviceOf(signal: Signal, mayRate: boolean): Consequence | null {
  const { event, subject, eventAt: at, payload } = signal;
  if (event !== "device-compliance-change" || subject.device === null) return null;
  const isCompliant = payload.current_status === "compliant";
  return { type: "device", device: subject.device, isCompliant, at, otherwise: riskOf(signal, mayRate) };
}

function riskOf(signal: Signal, mayRate: boolean): Consequence {
  const said = saidRisk(signal);
  if (said === null) return { type: "record", why: "it is the risk of no single person" };
  if (!mayRate && said.score > 0)
    return { type: "record", why: "this transmitter may not raise the risk of owners" };
  return { type: "risk", said };
}

function endOf(signal: Signal, effect: Extract<SignalEffect, "end" | "end_all">): Consequence {
  const said = saidRisk(signal);
  const isRelieved =
    (signal.event === "risk-level-change" || signal.event === "device-compliance-change") &&
    said?.score === 0;
  if (isRelieved) return { type: "record", why: "the risk fell" };
  return {
    type: "end",
    scope: effect === "end" ? "provider" : "person",
    sid: effect === "end" ? signal.subject.session : null,
    signedInUntil: signal.eventAt + SKEW_MS,
  };
}
