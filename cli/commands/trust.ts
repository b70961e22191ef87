import { type Command, InvalidArgumentError } from "commander";
import type { App } from "../app.ts";
import { toInstant } from "../command-options.ts";
import { confirm } from "../confirm.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { noteOption } from "../note-option.ts";
import { rootText, warnings } from "../trust/describe.ts";
import { custodyText, initialiseTrust, requireNoRoot } from "../trust/initialise.ts";
import { type Proposal, propose } from "../trust/propose.ts";
import { publicKeyText } from "../trust/public-key.ts";
import {
  addSignatures,
  makeRootKey,
  missingSignatures,
  publicKeyOf,
  publish,
  readDraft,
  retireKeys,
} from "../trust/root.ts";
import { onlineKeys, openTrust, type TrustSession } from "../trust/session.ts";

interface RootOptions {
  readonly rootKeyFile: readonly string[];
  readonly threshold?: number;
  readonly expires: string;
  readonly out?: string;
  readonly newRootKey?: boolean;
  readonly yes?: boolean;
}

/** The root of trust: who may tell nodes what to apply. The root key stays on the administrator's machine. */
export function addTrustCommands(program: Command, app: App): void {
  const trust = program.command("trust").description("The root of trust that nodes verify everything by");

  withRootOptions(trust.command("init"))
    .addOption(noteOption())
    .description("Make the root key on this machine and publish the first root (role owner)")
    .action((options: RootOptions) => initialise(app, options));

  trust
    .command("show")
    .description("Verify the chain of roots and show the newest one")
    .action(() => show(app));

  withRootOptions(trust.command("rotate"))
    .addOption(noteOption())
    .description(
      "Publish a new root: new expiry, the hub's present keys, on demand a new root key (role owner)",
    )
    .option("--new-root-key", "replace this machine's root key")
    .option("-y, --yes", "do not ask")
    .action(async (options: RootOptions) => {
      const session = await openTrust(app);
      if (session.chain.lost.length > 0)
        throw new Failure(EXIT.conflict, "The hub has forgotten roots that this machine knows", {
          hint: "It was restored from a backup: run `rustronaut trust raise-epoch`.",
        });
      const question = `Replace root ${newest(session).version} of ${session.store.network}?`;
      await proposeFrom(app, session, options, newest(session).epoch, question);
    });

  withRootOptions(trust.command("raise-epoch"))
    .addOption(noteOption())
    .description("After a restore from a backup: make nodes accept the restored hub (role owner)")
    .option("-y, --yes", "do not ask")
    .action((options: RootOptions) => raiseEpoch(app, options));

  addCeremony(trust, app);
}

function withRootOptions(command: Command): Command {
  return command
    .option(
      "--root-key-file <file>",
      "another holder's public key, of `trust key` (repeat it); the root then has these and yours",
      (path: string, sofar: readonly string[]) => [...sofar, path],
      [] as readonly string[],
    )
    .option("--threshold <m>", "how many of the root keys must sign", toThreshold)
    .option("--expires <time>", "when the root expires: a date, or a span from now", "365d")
    .option("--out <file>", "write the document for other holders to sign, instead of publishing it");
}

async function initialise(app: App, options: RootOptions): Promise<void> {
  const session = await openTrust(app);
  await requireNoRoot(session.client, session.store);
  if (options.rootKeyFile.length > 0 || options.out !== undefined)
    return proposeFrom(app, session, options, 1, "");
  const now = Date.now();
  const hub = await onlineKeys(session);
  const made = await initialiseTrust(
    session.client,
    hub,
    session.store,
    now,
    toInstant(options.expires, now),
  );
  const { keyId, path } = made.key;
  const data = { network: session.store.network, payloadHash: made.payloadHash, keyId, keyFile: path };
  app.emit(data, () => `The network ${data.network} has its root of trust: ${data.payloadHash}\n`);
  app.note(custodyText(made));
}

async function show(app: App): Promise<void> {
  const session = await openTrust(app);
  const { chain, store } = session;
  const root = chain.newest;
  if (!root)
    return app.emit(
      { network: store.network, root: null },
      () => `${NO_ROOT}. Run \`rustronaut trust init\`.\n`,
    );
  // An auditor may not ask for them, and sees the rest.
  const hub = await onlineKeys(session).catch(() => null);
  const found = [
    ...warnings(root, hub, Date.now()),
    ...(chain.lost.length > 0
      ? [`The hub has lost ${chain.lost.length} root(s): run \`rustronaut trust raise-epoch\`.`]
      : []),
  ];
  const mine = (await store.keys()).map(({ path }) => path);
  app.emit(
    { root, payloadHash: chain.payloadHash, keyFiles: mine, warnings: found },
    () =>
      `${rootText(root)}hash       ${chain.payloadHash}\nkeys here  ${mine.join(", ") || "none"}\n${found.map((text) => `! ${text}\n`).join("")}`,
  );
}

async function raiseEpoch(app: App, options: RootOptions): Promise<void> {
  const session = await openTrust(app);
  const { epoch } = newest(session);
  await confirm(
    app,
    `Raise the epoch to ${epoch + 1}? Nodes then take the restored hub's configs, even older ones.`,
    options.yes ?? false,
  );
  for (const envelope of session.chain.lost) {
    await session.client.call("trust.addRoot", { body: { envelope } });
    app.note("Gave the hub back a root that it had lost.");
  }
  await proposeFrom(app, session, { ...options, yes: true }, epoch + 1, "");
}

/** What several holders of root keys do in turn. */
function addCeremony(trust: Command, app: App): void {
  trust
    .command("key")
    .description("Make a root key on this machine and write its public half for who makes the root")
    .requiredOption("--out <file>", "the file to write")
    .action(async ({ out }: { out: string }) => {
      const { store } = await openTrust(app);
      const key = (await store.keys())[0] ?? (await makeRootKey(store));
      await app.io.writeFile(out, publicKeyText(store.network, key.keyId, await publicKeyOf(key)));
      app.emit({ keyId: key.keyId, file: out }, () => `Wrote the public half of ${key.keyId} to ${out}.\n`);
      app.note(`The key itself is in ${key.path}. Back it up, offline, and give it to nobody.`);
    });

  trust
    .command("sign")
    .argument("<file>", "the root document, of `--out`")
    .description("Add this machine's signature to a root document, after showing what it says")
    .option("-y, --yes", "do not ask")
    .action(async (file: string, { yes }: { yes?: boolean }) => {
      const { chain, store } = await openTrust(app);
      const envelope = (await app.io.readFile(file)).trim();
      const document = readDraft(envelope);
      app.note(rootText(document));
      await confirm(app, "Sign it?", yes ?? false);
      const signed = await addSignatures(envelope, await store.keys(), document, chain.newest);
      await app.io.writeFile(file, `${signed}\n`);
      const missing = missingSignatures(signed, document, chain.newest);
      app.emit({ file, missing }, () =>
        missing.length > 0
          ? `Signed. It still needs ${missing.join(" and ")}.\n`
          : `Signed by enough keys: \`rustronaut trust publish ${file}\`.\n`,
      );
    });

  trust
    .command("publish")
    .addOption(noteOption())
    .argument("<file>", "the root document, of `--out`")
    .description("Publish a root document that enough holders have signed (role owner)")
    .action(async (file: string) => {
      const { client, store } = await openTrust(app);
      const envelope = (await app.io.readFile(file)).trim();
      const document = readDraft(envelope);
      const { rootVersion, epoch, payloadHash } = await publish(client, store, envelope);
      await retireKeys(store, document);
      app.emit({ rootVersion, epoch, payloadHash }, () => `Published.\n${rootText(document)}`);
    });

  trust
    .command("export")
    .description("Print the verified chain of roots; there is no secret in it")
    .action(async () => {
      const { chain, store } = await openTrust(app);
      app.io.out(`${JSON.stringify({ network: store.network, roots: chain.roots }, null, 2)}\n`);
    });
}

function proposeFrom(
  app: App,
  session: TrustSession,
  options: RootOptions,
  epoch: number,
  question: string,
): Promise<void> {
  const now = Date.now();
  const proposal: Proposal = {
    newRootKey: options.newRootKey ?? false,
    rootKeyFiles: options.rootKeyFile,
    ...(options.threshold === undefined ? {} : { threshold: options.threshold }),
    ...(options.out === undefined ? {} : { out: options.out }),
    epoch,
    expiresAt: toInstant(options.expires, now),
    yes: options.yes ?? false,
    question,
  };
  return propose(app, session, proposal, now);
}

const NO_ROOT = "The network has no root of trust yet";

function newest({ chain }: TrustSession) {
  if (chain.newest) return chain.newest;
  throw new Failure(EXIT.conflict, NO_ROOT, { hint: "Run `rustronaut trust init`." });
}

function toThreshold(text: string): number {
  if (!/^([1-9]|1[0-6])$/.test(text)) throw new InvalidArgumentError("It must be a number from 1 to 16.");
  return Number(text);
}
