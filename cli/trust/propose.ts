import type { App } from "../app.ts";
import { confirm } from "../confirm.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { rootText } from "./describe.ts";
import { readPublicKey } from "./public-key.ts";
import {
  makeRootKey,
  missingSignatures,
  nextRoot,
  publicKeyOf,
  publish,
  retireKeys,
  rootKeysOf,
  signWith,
} from "./root.ts";
import { onlineKeys, type TrustSession } from "./session.ts";

/** What the next root should be, as the command line says it. */
export interface Proposal {
  /** Replaces this machine's root key. */
  readonly newRootKey?: boolean;
  /** Files of other holders; with them the holders are these and this machine. */
  readonly rootKeyFiles: readonly string[];
  readonly threshold?: number;
  readonly epoch: number;
  readonly expiresAt: number;
  /** Writes the document here instead of publishing it. */
  readonly out?: string;
  readonly yes: boolean;
  readonly question: string;
}

/** Makes the next root and signs it; publishes it when enough keys have signed, else leaves it for the other holders. */
export async function propose(
  app: App,
  session: TrustSession,
  proposal: Proposal,
  now: number,
): Promise<void> {
  const { client, store, chain } = session;
  const previous = chain.newest;
  const hub = await onlineKeys(session);
  if (previous) await confirm(app, proposal.question, proposal.yes);
  const publicKeys = await holders(app, session, proposal);
  const document = nextRoot(
    hub,
    {
      publicKeys,
      threshold: proposal.threshold ?? previous?.roles.root.threshold ?? 1,
      epoch: Math.max(proposal.epoch, hub.epoch, 1),
      issuedAt: now,
      expiresAt: proposal.expiresAt,
    },
    previous,
  );
  const envelope = await signWith(await store.keys(), document, previous);
  const missing = missingSignatures(envelope, document, previous);
  if (proposal.out !== undefined || missing.length > 0)
    return leaveDraft(app, envelope, proposal.out, rootText(document), missing);
  const { rootVersion, epoch, payloadHash } = await publish(client, store, envelope);
  const retired = await retireKeys(store, document);
  app.emit({ rootVersion, epoch, payloadHash }, () => `Published.\n${rootText(document)}`);
  for (const { path } of retired)
    app.note(`The replaced key ${path} was deleted. Destroy its backups, and back up the new one.`);
}

/** The public keys of the next root role. */
async function holders(app: App, { store, chain }: TrustSession, proposal: Proposal): Promise<Uint8Array[]> {
  const previous = chain.newest;
  const files = await Promise.all(
    proposal.rootKeyFiles.map(async (path) =>
      readPublicKey(await app.io.readFile(path), path, store.network),
    ),
  );
  const mine = await store.keys();
  const isCurrent = ({ keyId }: { keyId: string }) => previous?.roles.root.keyIds.includes(keyId) ?? false;
  // A key that no root names was left by an attempt that did not come to its end.
  const spare = mine.find((key) => !isCurrent(key));
  const needsKey = previous === null || proposal.newRootKey === true;
  const own = needsKey ? [spare ?? (await makeRootKey(store))] : mine.filter(isCurrent);
  if (needsKey) app.note(`The new root key is in ${own[0]?.path}. Back it up now, offline.`);
  const ownKeys = await Promise.all(own.map(publicKeyOf));
  if (files.length > 0) return [...ownKeys, ...files];
  if (previous === null) return ownKeys;
  const replaced = needsKey ? await Promise.all(mine.filter(isCurrent).map(publicKeyOf)) : [];
  const isSame = (a: Uint8Array) => (b: Uint8Array) => Buffer.from(a).equals(b);
  const others = rootKeysOf(previous).filter(
    (key) => !replaced.some(isSame(key)) && !ownKeys.some(isSame(key)),
  );
  return [...ownKeys, ...others];
}

async function leaveDraft(
  app: App,
  envelope: string,
  out: string | undefined,
  text: string,
  missing: readonly string[],
): Promise<void> {
  const wanted =
    missing.length > 0 ? `It still needs ${missing.join(" and ")}.` : "It is signed by enough keys.";
  if (out === undefined)
    throw new Failure(EXIT.usage, "This root needs the signatures of others", {
      detail: wanted,
      hint: "Give --out FILE, let the other holders run `rustronaut trust sign FILE`, then `rustronaut trust publish FILE`.",
    });
  await app.io.writeFile(out, `${envelope}\n`);
  app.emit({ file: out, missing }, () => `${text}\nWrote it to ${out}. ${wanted}\n`);
}
