import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { findDrops, type Ruleset } from "../../../agent/system/firewalls.ts";
import { MACHINES, where } from "../../support/needs.ts";

const PASSAGE = { interfaceName: "rn0", listenPort: 51_820, forwards: true };

/** What nftables makes of a ruleset, in a namespace of its own. */
function kernelForm(text: string): Ruleset {
  const { stdout, stderr } = spawnSync("unshare", ["-n", "sh", "-c", "nft -f - && nft -j list ruleset"], {
    input: text,
    encoding: "utf8",
  });
  if (stderr) throw new Error(stderr);
  return JSON.parse(stdout) as Ruleset;
}

/** As Docker's iptables-nft leaves it. */
const docker = (user = "") => `table ip filter {
  chain DOCKER-USER {
    ${user}
    counter return
  }
  chain DOCKER {
    iifname != "docker0" oifname "docker0" drop
  }
  chain FORWARD {
    type filter hook forward priority 0; policy drop;
    counter jump DOCKER-USER
    oifname "docker0" ct state related,established accept
    counter jump DOCKER
    iifname "docker0" accept
  }
}`;

const ufw = (more = "") => `table ip filter {
  chain ufw-before-input {
    iifname "lo" accept
    ct state related,established accept
  }
  chain ufw-user-input {
    ${more}
  }
  chain INPUT {
    type filter hook input priority 0; policy drop;
    counter jump ufw-before-input
    counter jump ufw-user-input
  }
}`;

const firewalld = `table inet firewalld {
  chain filter_FORWARD_POLICIES {
    iifname "eth0" oifname "eth0" accept
    reject with icmpx admin-prohibited
  }
  chain filter_FORWARD {
    type filter hook forward priority 10; policy accept;
    ct state established,related accept
    jump filter_FORWARD_POLICIES
  }
}`;

const byHand = `table inet mine {
  chain in {
    type filter hook input priority 0; policy accept;
    tcp dport 22 accept
    iifname "rn0" drop
  }
}`;

/** The agent's own table, with what its counters saw. */
const counted = (before: number, behind: number) => `table inet rustronaut-rn0 {
  counter forward_passed { packets ${before} bytes 0 }
  counter forward_out { packets ${behind} bytes 0 }
  chain input {
    type filter hook input priority -2; policy accept;
    iifname "rn0" drop
  }
}`;

where(...MACHINES).describe("M13: other firewalls", () => {
  it.each<[string, string, RegExp | null]>([
    [
      "Docker's FORWARD drop",
      docker(),
      /^firewall_forward: Another firewall drops forwarded packets: ip filter FORWARD \(Docker\); iptables -I DOCKER-USER -i rn0 -j ACCEPT && iptables -I DOCKER-USER -o rn0 -j ACCEPT$/,
    ],
    ["Docker with the remedy", docker('iifname "rn0" counter accept'), null],
    [
      "ufw's input drop",
      ufw(),
      /^firewall_input: .*ip filter INPUT \(ufw\); ufw allow 51820\/udp && ufw allow in on rn0$/,
    ],
    ["ufw with the remedy", ufw('udp dport 51820 accept\n    iifname "rn0" accept'), null],
    [
      "firewalld",
      firewalld,
      /^firewall_forward: .*inet firewalld filter_FORWARD \(firewalld\); firewall-cmd /,
    ],
    [
      "a rule by hand that names the tunnel",
      byHand,
      /^firewall_input: .*inet mine in; nft insert rule inet mine in /,
    ],
    [
      "a firewall that drops something else",
      'table inet x { chain f { type filter hook forward priority 0; iifname "eth9" drop\n }\n }',
      null,
    ],
    ["the agent's own table, and packets that came through", counted(9, 8), null],
    [
      "packets of which none came through, whoever it was",
      counted(9, 0),
      /^firewall_forward: Another firewall drops forwarded packets: not one of nftables, and nothing passed$/,
    ],
    ["too few packets to tell", counted(4, 0), null],
    ["no firewall at all", "", null],
  ])("%s", (_, text, expected) => {
    const found = findDrops(kernelForm(text), PASSAGE).map(({ code, detail }) => `${code}: ${detail}`);
    if (expected === null) expect(found).toEqual([]);
    else expect(found).toEqual([expect.stringMatching(expected)]);
  });

  it("concern a node that forwards nothing where its own packets come in alone", () => {
    const forwards = { ...PASSAGE, forwards: false };
    expect(findDrops(kernelForm(docker()), forwards)).toEqual([]);
    expect(findDrops(kernelForm(ufw()), forwards)).toHaveLength(1);
  });
});
