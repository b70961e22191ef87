import * as b from "../backup.ts";
import type { Endpoint } from "../endpoint.ts";

/** A copy of the registry, and a new hub from it. */
export const BACKUP_ENDPOINTS = {
  "backup.begin": {
    method: "POST",
    path: "/api/v1/backup",
    role: "owner",
    summary: "Begin a backup: what it holds; the audit log records who took it",
    response: b.backupManifest,
  },
  "backup.rows": {
    method: "GET",
    path: "/api/v1/backup/rows",
    role: "owner",
    summary: "Give rows of one table of a backup; secrets in them are hashed or sealed",
    query: b.backupRowsQuery,
    response: b.backupRows,
  },
  "restore.begin": {
    method: "POST",
    path: "/api/v1/restore",
    role: "public",
    summary: "Begin to restore a backup into a hub without a network, with the bootstrap token as bearer",
    body: b.backupManifest,
    response: null,
  },
  "restore.rows": {
    method: "POST",
    path: "/api/v1/restore/rows",
    role: "public",
    summary: "Put rows of one table back, with the bootstrap token as bearer",
    body: b.restoreRows,
    bodyBytes: b.BACKUP_BYTES,
    response: null,
  },
  "restore.finish": {
    method: "POST",
    path: "/api/v1/restore/finish",
    role: "public",
    summary: "End a restore: the network is there again, with the bootstrap token as bearer",
    body: b.backupManifest,
    response: null,
  },
} as const satisfies Record<string, Endpoint>;
