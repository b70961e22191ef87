import { fromBase64 } from "../base/base64.ts";
import { err, ok, type Result } from "../base/result.ts";
import { COMPOSITE } from "./composite.ts";
import type { Bytes } from "./types.ts";

export interface ParsedEnvelope {
  readonly payloadType: string;
  readonly payload: Bytes;
  readonly signatures: readonly { readonly keyId: string; readonly signature: Bytes }[];
}

export interface EnvelopeBounds {
  readonly maxPayload: number;
  readonly maxSignatures: number;
}

type Refusal = "ENVELOPE_TOO_LARGE" | "ENVELOPE_MALFORMED";

/** The most bytes of a payload type or a key id. */
const MAX_NAME = 128;

/**
 * Splits an envelope into its parts without reading its payload. Each envelope has exactly one encoding:
 * without white space, with the members in the order of the specification. So no member can be repeated or
 * added.
 */
export function parseEnvelope(
  received: Uint8Array,
  { maxPayload, maxSignatures }: EnvelopeBounds,
): Result<ParsedEnvelope, Refusal> {
  const largest =
    base64Length(maxPayload) + (maxSignatures + 1) * (base64Length(COMPOSITE.signature) + 1_024);
  if (received.length > largest) return err("ENVELOPE_TOO_LARGE");
  const document = asEnvelope(received);
  if (document === null) return err("ENVELOPE_MALFORMED");
  if (document.signatures.length > maxSignatures || document.payload.length > base64Length(maxPayload)) {
    return err("ENVELOPE_TOO_LARGE");
  }
  const payload = fromBase64(document.payload);
  const signatures = document.signatures.flatMap(({ keyid, sig }) => {
    const signature = fromBase64(sig);
    return signature === null ? [] : [{ keyId: keyid, signature }];
  });
  if (payload === null || signatures.length < document.signatures.length) return err("ENVELOPE_MALFORMED");
  return ok({ payloadType: document.payloadType, payload, signatures });
}

const base64Length = (bytes: number): number => Math.ceil(bytes / 3) * 4;

interface EnvelopeJson {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

function asEnvelope(received: Uint8Array): EnvelopeJson | null {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(received);
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value) || !Array.isArray(value.signatures) || value.signatures.length === 0) return null;
  const { payload, payloadType } = value;
  if (typeof payload !== "string" || !isName(payloadType)) return null;
  const signatures: { keyid: string; sig: string }[] = [];
  for (const entry of value.signatures as unknown[]) {
    if (!isRecord(entry) || !isName(entry.keyid) || typeof entry.sig !== "string") return null;
    signatures.push({ keyid: entry.keyid, sig: entry.sig });
  }
  const envelope = { payload, payloadType, signatures };
  return JSON.stringify(envelope) === text ? envelope : null;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** Whether `value` may be a payload type or a key id. */
export const isName = (value: unknown): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= MAX_NAME;
