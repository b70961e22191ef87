import type { BackupManifest } from "../../shared/api/backup.ts";
import type { Body } from "../../shared/api/endpoints.ts";
import { base64url, constantTimeEqual } from "../../shared/base/base64url.ts";
import type { Bindings } from "../platform/env.ts";
import { throwRefusal } from "../platform/refused.ts";
import { keyedHash } from "../platform/secrets.ts";

/**
 * What the hub proves of a backup with its SECRET_KEY. Whoever can change the file could otherwise make themselves an
 * owner of the restored network, or leave out a policy that forbids something.
 */

type Page = Omit<Body<"restore.rows">, "seal">;

const macOf = async (bindings: Bindings, ...parts: unknown[]): Promise<string> =>
  base64url(await keyedHash(bindings, "backup", JSON.stringify(parts)));

const DAY_MS = 86_400_000;

/** The ticket of a backup that begins now. Rows are given for a ticket alone, so the audit log knows of each backup. */
export async function newTicket(bindings: Bindings, takenAt: number, stamp: number): Promise<string> {
  return `${takenAt}.${stamp}.${await macOf(bindings, "ticket", takenAt, stamp)}`;
}

/** @throws Refused `invalid_input` when the hub did not begin this backup within the last day. */
export async function checkTicket(bindings: Bindings, ticket: string, now: number): Promise<void> {
  const [takenAt, stamp] = ticket.split(".").map(Number);
  const isOurs = constantTimeEqual(ticket, await newTicket(bindings, takenAt ?? 0, stamp ?? 0));
  if (!isOurs || (takenAt ?? 0) < now - DAY_MS)
    throwRefusal("invalid_input", "Begin a backup first: this ticket is of none that began within a day.");
}

export const sealOfManifest = (
  bindings: Bindings,
  manifest: Omit<BackupManifest, "seal">,
): Promise<string> => {
  const { format, schema, secretKey, network, takenAt, stamp, single, tables, ticket } = manifest;
  const names = tables.map(({ name, columns }) => [name, columns]);
  return macOf(
    bindings,
    "manifest",
    ...[format, schema, secretKey, network, takenAt, stamp, single, names, ticket],
  );
};

/** A page is bound to its backup and its place in the table, so that none is left out, exchanged or taken from another. */
export const sealOfPage = (bindings: Bindings, { ticket, table, after, next, rows }: Page): Promise<string> =>
  macOf(bindings, "page", ticket, table, after, next, rows);

/** @throws Refused `invalid_input` when the hub did not make the seal. */
export function demandSeal(given: string, made: string): void {
  if (!constantTimeEqual(given, made))
    throwRefusal(
      "invalid_input",
      "The backup was changed after it was taken. Restore an unchanged copy of it.",
    );
}
