import { join } from "node:path";
import { initialiseTrust } from "../../cli/trust/initialise.ts";
import { trustStore } from "../../cli/trust/store.ts";
import type { Client } from "../../shared/api/client.ts";

const YEAR_MS = 365 * 86_400_000;

/** Gives the local network its root of trust and a rule. Returns an enrolment key for trying machines. */
export async function prepareMesh(client: Client, folder: string, segment: string): Promise<string> {
  const { data: hub } = await client.call("trust.onlineKeys");
  // The root key is stored in the state folder, so `--fresh` deletes it together with its network.
  const store = trustStore(hub.network, process.env, join(folder, "trust"));
  const now = Date.now();
  // An interrupted start may have done a part of this already.
  if (hub.rootVersion === 0) await initialiseTrust(client, hub, store, now);
  const { data: rules } = await client.call("meshRules.list");
  if (rules.items.length === 0)
    await client.call("meshRules.create", {
      body: {
        name: "demo",
        from: [`segment:${segment}`],
        to: [`segment:${segment}`],
        traffic: ["icmp", "tcp"],
      },
    });
  const { data: key } = await client.call("enrolmentKeys.create", {
    // A new name is needed each time: names are unique, and if a start was interrupted, the text of its key
    // is lost.
    body: {
      name: `demo ${new Date(now).toISOString()}`,
      segment,
      maxUses: 100,
      preApproved: true,
      expiresAt: now + YEAR_MS - 60_000,
    },
  });
  return key.secret;
}
