import { ask } from "../control/client.ts";
import type { Status } from "../core/status.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { ago, bytes, details, table } from "../output/table.ts";
import type { Context } from "./context.ts";

export async function status(context: Context): Promise<ExitCode> {
  const now = await ask<Status>(context.store.directory, { do: "status" });
  context.emit(now, () => text(now, Date.now()));
  return now.standing === "running" ? EXIT.ok : EXIT.unavailable;
}

const STANDINGS: Readonly<Record<Status["standing"], string>> = {
  starting: "has not reached the hub yet",
  running: "in touch with the hub",
  pending: "waits for an administrator's approval",
  quarantined: "quarantined by the hub: no peers",
  unreachable: "the hub can't be reached; the last good config stays in force",
  refused: "the hub refuses; the last good config stays in force",
  unapplied: "its config is not applied; the last good one stays in force",
  ended: "the membership has ended",
};

/** How a peer is reached, and where. */
function way({ path, endpoint }: Status["peers"][number]): string {
  if (path === "direct") return `direct, ${endpoint}`;
  if (path === "relay") return `relay, ${endpoint}`;
  if (path === "edge") return "edge relay";
  return endpoint === null ? "none" : `none, tries ${endpoint}`;
}

function text(status: Status, nowMs: number): string {
  const fields: [string, string][] = [
    ["Node", `${status.name} (${status.node}) of ${status.network}`],
    ["Hub", `${status.hub}: ${STANDINGS[status.standing]}`],
    ["Addresses", status.addresses.join(", ") || "none yet"],
    ["Interface", `${status.interface}, UDP port ${status.listenPort}`],
    ["Config", `${status.serial ?? "none yet"}, fresh ${ago(status.freshAt, nowMs + status.clockSkewMs)}`],
  ];
  if (status.detail) fields.push(["Because", status.detail]);
  if (status.applyError) fields.push(["Not applied", status.applyError]);
  for (const { code, detail } of status.conditions) fields.push(["Does not work", `${detail} (${code})`]);
  if (!status.peersHeld && status.addresses.length > 0)
    fields.push(["Peers", "taken away until the hub sends some again"]);
  if (Math.abs(status.clockSkewMs) > 2_000)
    fields.push(["Clock", `${(-status.clockSkewMs / 1_000).toFixed(0)} s ahead of the hub's`]);
  const rows = status.peers.map((peer) => [
    peer.name,
    peer.addresses[0] ?? "",
    way(peer),
    ago(peer.handshakeAt, nowMs),
    bytes(peer.receivedBytes),
    bytes(peer.sentBytes),
  ]);
  const peers = table(["peer", "address", "path", "handshake", "received", "sent"], rows);
  return details(fields) + (rows.length > 0 ? `\n${peers}` : "");
}
