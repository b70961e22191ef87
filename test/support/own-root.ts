import { spawn, spawnSync } from "node:child_process";
import type { Machine } from "../../scripts/local/namespaces.ts";

/**
 * Folders that a machine of the lab gets for itself, above those of the real machine: what is installed in it stays in it.
 * `sudo` is there and changes nothing, since everything runs as root.
 */
const SETUP = `
set -e
mount -t tmpfs tmpfs /mnt
cp /etc/hosts /mnt/hosts
for folder in usr etc var; do
  mkdir -p /mnt/$folder/up /mnt/$folder/work
  mount -t overlay -o lowerdir=/$folder,upperdir=/mnt/$folder/up,workdir=/mnt/$folder/work overlay /$folder
done
cat /mnt/hosts >/etc/hosts
mkdir -p /run/wireguard
mount -t tmpfs tmpfs /run/wireguard
rm -rf /usr/local/bin/node /var/lib/rustronaut /etc/rustronaut
[ -z "$1" ] || ln -s "$1" /usr/local/bin/node
printf '#!/bin/sh\\nexec "$@"\\n' >/usr/local/bin/sudo
chmod 755 /usr/local/bin/sudo
# curl asks nobody for the address of a name below localhost (RFC 6761, section 6.3).
echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet
nft -f - <<RULES
table ip hub {
  chain there { type nat hook output priority -100; ip daddr 127.0.0.1 tcp dport $2 dnat to $3; }
  chain back { type nat hook postrouting priority 100; ip saddr 127.0.0.1 oifname eth0 masquerade; }
}
RULES
echo ready
exec sleep infinity
`;

/**
 * The machine with folders of its own. They go with the lab.
 * @param hub Where it finds the hub under the hub's local name.
 * @param node The Node that is installed on it, or null where it has only what the real machine's packages brought.
 */
export async function withOwnRoot(
  machine: Machine,
  hub: { readonly address: string; readonly port: number },
  node: string | null,
): Promise<Machine> {
  const [command, ...words] = machine.enter(
    "sh",
    "-c",
    SETUP,
    "sh",
    node ?? "",
    String(hub.port),
    hub.address,
  );
  const holder = spawn(command, words, { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once("data", () => resolve());
    holder.once("exit", (code) => reject(new Error(`the folders of ${machine.name} can't be made: ${code}`)));
  });
  const enter: Machine["enter"] = (program, ...args) => [
    ...(["nsenter", `--target=${holder.pid}`, "--mount", "--net", program] as const),
    ...args,
  ];
  return {
    ...machine,
    enter,
    run: (program, ...args) => {
      const [first, ...rest] = enter(program, ...args);
      return spawnSync(first, rest, { encoding: "utf8", timeout: 120_000 });
    },
  };
}
