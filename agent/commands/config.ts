import { printDeviceCheck } from "../../shared/node/config/device-check.ts";
import { formatTag } from "../../shared/node/config/serial.ts";
import type { Grant } from "../../shared/node/config/types.ts";
import { ask } from "../control/client.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { storedRoots } from "../hub/trust.ts";
import { details, table } from "../output/table.ts";
import { ownFacts, reopenConfigs } from "../state/config-store.ts";
import { loadKeys } from "../state/keys.ts";
import { type Context, openCrypto, settingsOf } from "./context.ts";

/** `config show` prints the last good config; `config verify` proves it again and compares the system with it. */
export function config(context: Context): Promise<ExitCode> {
  const [, what = "show"] = context.line.words;
  if (what === "show") return show(context);
  if (what === "verify") return verify(context);
  throw new Failure(
    EXIT.usage,
    "usage",
    `There is no \`config ${what}\``,
    "Try `config show` or `config verify`.",
  );
}

async function open(context: Context) {
  const { store } = context;
  const crypto = await openCrypto();
  const membership = await store.read("membership");
  const roots = await storedRoots(store, crypto);
  if (!membership || !roots)
    throw new Failure(
      EXIT.notFound,
      "not_enrolled",
      "This machine is no node of a network",
      "Run `up` first.",
    );
  const { exitNode } = await settingsOf(context);
  const own = await ownFacts(crypto, membership, await loadKeys(store, crypto), exitNode);
  return { roots, ...(await reopenConfigs(store, crypto, roots, own)) };
}

async function show(context: Context): Promise<ExitCode> {
  const { good, fault } = await open(context);
  if (fault) throw new Failure(EXIT.invalid, "config_invalid", fault);
  if (!good) throw new Failure(EXIT.notFound, "no_config", "No config has been applied yet");
  const { manifest, component, record, peers } = good;
  context.emit({ serial: good.serial, manifest, component, record, peers }, () => {
    const rows = peers.map(({ peer }) => [
      peer.name,
      [peer.ipv4, peer.ipv6, ...peer.routes].join(" "),
      peer.endpoints.join(" ") || "none",
      grants(peer.inbound, peer.denied?.inbound),
      grants(peer.outbound, peer.denied?.outbound),
    ]);
    const summary = details([
      ["Config", formatTag({ serial: good.serial, manifest: good.manifestHash })],
      ["Name", `${manifest.name}.${manifest.domain}`],
      ["Segment", manifest.segment.name],
      ["Addresses", `${manifest.ipv4}, ${manifest.ipv6}`],
      ["MTU", String(manifest.mtu)],
      ["Forwards to", manifest.forwards.join(", ") || "nothing"],
      ["Lease", `${manifest.leaseSeconds} s`],
      ["Looks for", manifest.checks?.map(printDeviceCheck).join("; ") ?? "nothing"],
    ]);
    return `${summary}\n${table(["peer", "allowed", "endpoints", "may come in by", "may go out by"], rows)}`;

    function grants(list: readonly Grant[], denied: readonly Grant[] = []): string {
      const names = new Map(component.rules.map((rule) => [rule.id, rule.name]));
      const named = (some: readonly Grant[]) =>
        [...new Set(some.map(({ rule }) => names.get(rule) ?? rule))].join(", ");
      return (named(list) || "nothing") + (denied.length > 0 ? `, except ${named(denied)}` : "");
    }
  });
  return EXIT.ok;
}

async function verify(context: Context): Promise<ExitCode> {
  const { good, fault, roots } = await open(context);
  if (fault) throw new Failure(EXIT.invalid, "config_invalid", fault);
  if (!good) throw new Failure(EXIT.notFound, "no_config", "No config has been applied yet");
  const mended = await ask<{ steps: string[] }>(context.store.directory, { do: "mend" }).catch(() => null);
  const result = {
    rootVersion: roots.at(-1)?.version,
    serial: good.serial,
    objects: good.objects.size,
    expiresAt: good.expiresAt,
    mended: mended?.steps ?? null,
  };
  context.emit(result, () =>
    details([
      [
        "Config",
        `${formatTag({ serial: good.serial, manifest: good.manifestHash })}: every signature and hash holds`,
      ],
      ["Roots", `${roots.length}, the newest is version ${result.rootVersion}`],
      ["Objects", String(result.objects)],
      ["System", systemText(mended?.steps ?? null)],
    ]),
  );
  return EXIT.ok;
}

function systemText(mended: readonly string[] | null): string {
  if (mended === null) return "not compared: no agent runs";
  return mended.length === 0
    ? "as configured"
    : `was changed by somebody, and is mended: ${mended.join(", ")}`;
}
