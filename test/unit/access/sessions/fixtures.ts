import type { Device } from "../../../../shared/access/device/device.ts";
import type { SessionsState } from "../../../../shared/access/sessions/state.ts";
import type { CreateSession, Principal } from "../../../../shared/access/sessions/types.ts";

export const EMPTY_STATE: SessionsState = {
  epoch: 0,
  live: new Map(),
  ended: new Map(),
  principals: new Map(),
  devices: new Map(),
};

export function principal(over: Partial<Principal> = {}): Principal {
  return {
    userId: "usr_1",
    email: "ada@example.com",
    emailVerified: true,
    name: "Ada",
    groups: ["engineering"],
    role: null,
    status: "active",
    version: 1,
    ...over,
  };
}

export function device(over: Partial<Device> = {}): Device {
  return {
    id: "nod_1",
    name: "laptop",
    ownerId: "usr_1",
    isApproved: true,
    posture: {
      os: "debian",
      osVersion: "13.1",
      agentVersion: "0.1.0",
      diskEncrypted: true,
      firewall: true,
      screenLock: null,
      measuredAt: 0,
    },
    stated: [],
    version: 1,
    ...over,
  };
}

export function createSession(over: Partial<CreateSession> = {}): CreateSession {
  return {
    id: "ses_1",
    kind: "app",
    secretHash: "hash-1",
    appId: "app_1",
    parentId: null,
    parentOwner: null,
    principal: principal(),
    authentication: {
      providerId: "idp_1",
      subject: "sub-1",
      providerSid: "sid-1",
      acr: null,
      amr: ["pwd"],
      authTime: 0,
    },
    lifetime: { idleSeconds: 60, absoluteSeconds: 600 },
    maxPerUser: 5,
    ip: "192.0.2.1",
    userAgent: "test",
    ...over,
  };
}
