import * as z from "zod/mini";
import type { Endpoint } from "../endpoint.ts";
import { listQuery, page, reference, said } from "../fields.ts";
import * as s from "../signals.ts";

/** Shared signals (CAEP, RISC) from outside. */
export const SIGNAL_ENDPOINTS = {
  "transmitters.list": {
    method: "GET",
    path: "/api/v1/signals/transmitters",
    role: "auditor",
    summary: "List who may send signals",
    query: z.strictObject(listQuery),
    response: page(s.signalTransmitter),
  },
  "transmitters.create": {
    method: "POST",
    path: "/api/v1/signals/transmitters",
    role: "admin",
    summary: "Let somebody send signals; the bearer token is in this answer alone",
    body: s.signalTransmitterCreate,
    response: s.signalTransmitterMade,
    status: 201,
  },
  "transmitters.get": {
    method: "GET",
    path: "/api/v1/signals/transmitters/{transmitter}",
    role: "auditor",
    summary: "Show a transmitter and how its stream stands",
    response: s.signalTransmitter,
  },
  "transmitters.update": {
    method: "PATCH",
    path: "/api/v1/signals/transmitters/{transmitter}",
    role: "admin",
    summary: "Change a transmitter",
    body: s.signalTransmitterUpdate,
    response: s.signalTransmitter,
    ifMatch: true,
  },
  "transmitters.rotate": {
    method: "POST",
    path: "/api/v1/signals/transmitters/{transmitter}/rotate",
    role: "admin",
    summary: "Give a transmitter a new bearer token; the old one opens nothing more",
    response: s.signalTransmitterMade,
    ifMatch: true,
  },
  "transmitters.delete": {
    method: "DELETE",
    path: "/api/v1/signals/transmitters/{transmitter}",
    role: "admin",
    summary: "Take no more signals from a transmitter",
    response: null,
    ifMatch: true,
  },
  "signals.list": {
    method: "GET",
    path: "/api/v1/signals",
    role: "auditor",
    summary: "List the signals that came, the newest first, and what each caused",
    query: z.strictObject({
      ...listQuery,
      transmitter: z.optional(said(reference, "only those of this transmitter")),
      user: z.optional(said(reference, "only those about this person")),
    }),
    response: page(s.receivedSignal),
  },
} as const satisfies Record<string, Endpoint>;
