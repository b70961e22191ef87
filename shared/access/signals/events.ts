/**
 * The security events that are understood, as CAEP 1.0 and RISC 1.0 define them on top of the OpenID Shared Signals
 * Framework (SSF) 1.0.
 */

const CAEP = "https://schemas.openid.net/secevent/caep/event-type/";
const RISC = "https://schemas.openid.net/secevent/risc/event-type/";
const SSF = "https://schemas.openid.net/secevent/ssf/event-type/";

/**
 * What a signal may do here. None gives access to anybody.
 * - `record`: it is kept and does nothing.
 * - `recheck`: the provider is asked about the person now. If it can't be asked, the sessions end.
 * - `risk`: the person's risk is what the signal says, as far as this transmitter goes. It falls again by a later signal.
 * - `end`: the person's sessions end that the provider confirmed.
 * - `end_all`: all sessions of the person end, whoever confirmed them.
 */
export const SIGNAL_EFFECTS = ["record", "recheck", "risk", "end", "end_all"] as const;
export type SignalEffect = (typeof SIGNAL_EFFECTS)[number];

interface KnownEvent {
  readonly uri: string;
  /** What it does where nobody chose otherwise. */
  readonly effect: SignalEffect;
}

export const SIGNAL_EVENTS = {
  "session-revoked": { uri: `${CAEP}session-revoked`, effect: "end" },
  "token-claims-change": { uri: `${CAEP}token-claims-change`, effect: "recheck" },
  "credential-change": { uri: `${CAEP}credential-change`, effect: "end" },
  "assurance-level-change": { uri: `${CAEP}assurance-level-change`, effect: "end" },
  "device-compliance-change": { uri: `${CAEP}device-compliance-change`, effect: "risk" },
  "risk-level-change": { uri: `${CAEP}risk-level-change`, effect: "risk" },
  "session-established": { uri: `${CAEP}session-established`, effect: "record" },
  "session-presented": { uri: `${CAEP}session-presented`, effect: "record" },
  "account-credential-change-required": { uri: `${RISC}account-credential-change-required`, effect: "end" },
  "account-purged": { uri: `${RISC}account-purged`, effect: "end" },
  "account-disabled": { uri: `${RISC}account-disabled`, effect: "end" },
  "account-enabled": { uri: `${RISC}account-enabled`, effect: "record" },
  "identifier-changed": { uri: `${RISC}identifier-changed`, effect: "recheck" },
  "identifier-recycled": { uri: `${RISC}identifier-recycled`, effect: "end" },
  "credential-compromise": { uri: `${RISC}credential-compromise`, effect: "end" },
  "recovery-activated": { uri: `${RISC}recovery-activated`, effect: "record" },
  "sessions-revoked": { uri: `${RISC}sessions-revoked`, effect: "end" },
} as const satisfies Record<string, KnownEvent>;

export type SignalEvent = keyof typeof SIGNAL_EVENTS;
export const SIGNAL_EVENT_NAMES = Object.keys(SIGNAL_EVENTS) as readonly SignalEvent[];

/** Events about the stream itself, not about a person (SSF 1.0 §8.1.4, §8.1.5). */
export const VERIFICATION = `${SSF}verification`;
export const STREAM_UPDATED = `${SSF}stream-updated`;

const BY_URI = new Map<string, SignalEvent>(
  SIGNAL_EVENT_NAMES.map((name) => [SIGNAL_EVENTS[name].uri, name]),
);

/** The event of a type's URI, or null for a type that is not understood. */
export const signalEventOf = (uri: string): SignalEvent | null => BY_URI.get(uri) ?? null;

/** What an administrator chose for some events. */
export type ChosenEffects = Readonly<Partial<Record<SignalEvent, SignalEffect | undefined>>>;

export const effectOf = (event: SignalEvent, chosen: ChosenEffects): SignalEffect =>
  chosen[event] ?? SIGNAL_EVENTS[event].effect;
