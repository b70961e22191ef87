export const HELP = `rustronaut-agent: makes this machine a node of a Rustronaut network

  up          join if need be, then keep the tunnel (in the foreground)
  connect     serve private apps without a tunnel: needs no root (in the foreground)
  down        take the tunnel down and leave nothing behind
  status      how the node stands with its hub and its peers
  ping NODE   send echo requests through the tunnel
  netcheck    what stands between this machine and its network
  config      show (default) or verify the config in force
  rotate      change the WireGuard and KEM keys
  logout      leave the network for good
  version     print the version

Options of up; all but the key are remembered:
  --hub URL              the hub's address
  --key rnek_…           enrolment key, needed once; or --key-file FILE, or RUSTRONAUT_KEY
  --advertise PREFIX,…   networks that this machine offers to forward to
  --exit-node NAME       send everything else through this node; none = no longer
  --exit-fallback HOW    while that node can't be used: none (default) lets nothing out, direct goes around it
  --exit-for WHOM        all (default) or own: whether forwarded packets, as of containers, take it too
  --interface NAME       rn0 unless given
  --listen-port N        UDP port of WireGuard, 51820 unless given
  --hostname NAME        the machine's name in the network
  --hosts-file PATH      /etc/hosts unless given
  --dial HOST:PORT,…     what this machine may dial for private apps; none = no longer
  --weight N             how much it takes of them beside other agents: 1 (default) to 999
  --prove-device yes     let browsers here prove that they run on this machine; no = no longer
  --detach               return when the agent runs

Options of connect: --hub, --key, --key-file, --hostname, --dial and --weight

HTTPS_PROXY and NO_PROXY in the environment say how the hub is reached.

Everywhere: --state-dir DIR (/var/lib/rustronaut), --json, --help
Exit codes: 0 done, 1 failed, 2 wrong command line, 3 does not verify, 4 refused by the hub, 5 no agent or node,
            6 taken by another, 7 hub or node can't be reached, 8 the machine lacks something
`;
