import { nodeLabel } from "./node-name.ts";

/**
 * The domain of a network's nodes: `<network>.internal`. Nodes write these names into their hosts file. So the signer
 * of a config must not be able to take over names that mean something else to the machine.
 */

/**
 * Names that clouds and container engines use under `internal`. Such a name may lead a machine to its own credentials.
 */
const TAKEN = new Set(["c", "compute", "containers", "docker", "ec2", "google", "metal", "svc"]);

export function meshDomain(network: string): string {
  const label = nodeLabel(network);
  return `${TAKEN.has(label) ? `net-${label}` : label}.internal`;
}

export function isMeshDomain(text: string): boolean {
  const label = /^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\.internal$/.exec(text)?.[1];
  return label !== undefined && !TAKEN.has(label);
}
