import type { RootDocument } from "../../shared/node/config/types.ts";
import { instant } from "../output/values.ts";
import type { OnlineKeys } from "./root.ts";

const SOON_MS = 60 * 86_400_000;

/** A root as the person who is to sign it reads it. */
export const rootText = (root: RootDocument): string =>
  [
    `network    ${root.network}`,
    `root       ${root.version}, epoch ${root.epoch}`,
    `made       ${instant(root.issuedAt)}`,
    `expires    ${instant(root.expiresAt)}`,
    `root keys  ${root.roles.root.threshold} of ${root.roles.root.keyIds.length}: ${root.roles.root.keyIds.join(", ")}`,
    `hub's key  ${root.roles.online.keyIds.join(", ")}`,
    `overlay    ${root.overlay.ipv4}, ${root.overlay.ipv6}`,
  ]
    .map((line) => `${line}\n`)
    .join("");

/** What the administrator should do about the newest root. @param hub Null where the caller may not see its keys. */
export function warnings(root: RootDocument, hub: OnlineKeys | null, now: number): string[] {
  const renew = "run `rustronaut trust rotate`";
  const found: string[] = [];
  if (root.expiresAt <= now) found.push(`The root has expired and no node takes a new config: ${renew}.`);
  else if (root.expiresAt - now < SOON_MS)
    found.push(`The root expires at ${instant(root.expiresAt)}: ${renew}.`);
  const namesHub =
    hub === null ||
    (root.roles.online.keyIds.includes(hub.online.keyId) && root.hubKem.publicKey === hub.hubKem.publicKey);
  if (!namesHub) found.push(`The hub's keys have changed and nodes refuse it: ${renew}.`);
  return found;
}
