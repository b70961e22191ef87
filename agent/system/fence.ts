import { numbersOf } from "../tunnel/numbers.ts";
import { CommandFailed, run } from "./exec.ts";

/**
 * The second fence: encrypted packets reach the tunnel's port only with the mark that the agent's nftables table gives
 * them. Two IPsec policies in each family demand the mark. The agent uses no other part of IPsec. A program that
 * flushes nftables removes the table and with it the mark, so the tunnel is shut, even when the agent does not run
 * (`docs/decisions/0014`).
 */

const FAMILIES = [4, 6] as const;
const ANY = { 4: "src 0.0.0.0/0 dst 0.0.0.0/0", 6: "src ::/0 dst ::/0" } as const;

interface Policy {
  readonly family: 4 | 6;
  readonly port: number;
  readonly priority: number;
}

/** The port that is fenced in both families. Null when no port is fenced completely. */
export async function readFence(name: string): Promise<number | null> {
  const { policies } = numbersOf(name);
  const found = await readPolicies(name);
  const [first] = found;
  if (!first) return null;
  const isWhole = FAMILIES.every((family) =>
    Object.values(policies).every((priority) =>
      found.some((it) => it.family === family && it.priority === priority && it.port === first.port),
    ),
  );
  return isWhole && found.every(({ port }) => port === first.port) ? first.port : null;
}

/** Puts the fence around one port, and removes it from every other port. */
export async function raiseFence(name: string, port: number): Promise<void> {
  const { mark, policies } = numbersOf(name);
  const found = await readPolicies(name);
  const stale = found.filter((policy) => policy.port !== port);
  await batch([
    ...FAMILIES.flatMap((family) => [
      `policy update ${selector(family, port)} mark ${mark} mask 0xffffffff action allow priority ${policies.pass}`,
      `policy update ${selector(family, port)} action block priority ${policies.block}`,
    ]),
    ...stale.map((policy) => removal(policy, name)),
  ]);
}

export async function removeFence(name: string): Promise<void> {
  const found = await readPolicies(name);
  await batch(found.map((policy) => removal(policy, name)));
}

const selector = (family: 4 | 6, port: number): string => `dir in ${ANY[family]} proto udp dport ${port}`;

function removal({ family, port, priority }: Policy, name: string): string {
  const { mark, policies } = numbersOf(name);
  const marked = priority === policies.pass ? ` mark ${mark} mask 0xffffffff` : "";
  return `policy delete ${selector(family, port)}${marked}`;
}

const batch = (lines: readonly string[]): Promise<unknown> =>
  lines.length === 0
    ? Promise.resolve()
    : run(["ip", "-batch", "-"], { input: lines.map((line) => `xfrm ${line}\n`).join("") });

/** The policies of this interface's agent, found by their priorities. Empty when the kernel has no policies. */
async function readPolicies(name: string): Promise<Policy[]> {
  const { policies } = numbersOf(name);
  let text: string;
  try {
    text = await run(["ip", "xfrm", "policy", "list", "dir", "in"]);
  } catch (error) {
    if (error instanceof CommandFailed && /not supported/i.test(error.stderr)) return [];
    throw error;
  }
  return [
    ...text.matchAll(/^src (\S+) dst \S+ proto udp dport (\d+)[^\n]*\n\s+dir in [^\n]*?priority (\d+)/gm),
  ]
    .map(
      ([, source, port, priority]): Policy => ({
        family: source?.includes(":") ? 6 : 4,
        port: Number(port),
        priority: Number(priority),
      }),
    )
    .filter(({ priority }) => Object.values(policies).includes(priority));
}
