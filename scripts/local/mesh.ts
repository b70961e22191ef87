import { join } from "node:path";
import { initialiseTrust } from "../../cli/trust/initialise.ts";
import { trustStore } from "../../cli/trust/store.ts";
import type { Client } from "../../shared/api/client.ts";

const YEAR_MS = 365 * 86_400_000;

/** Gives the local network its root of trust and a rule, and returns an enrolment key for machines to try. */
export async function prepareMesh(client: Client, folder: string, segment: string): Promise<string> {
  const { data: hub } = await client.call("trust.onlineKeys");
  // The root key stays in the state folder: `--fresh` deletes it together with the network that it speaks for.
  const store = trustStore(hub.network, process.env, join(folder, "trust"));
  const now = Date.now();
  // A start that was interrupted may have done some of it.
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
    // The name is unique, and the text of a key that an interrupted start made is lost.
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
