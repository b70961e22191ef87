import { signStatement } from "../../shared/node/protocol/statement.ts";
import type { NodeFactsReport, SignedStatement } from "../../shared/node/protocol/types.ts";
import type { System } from "./harness.ts";
import { connectHub, FACTS, type TestHub, type TestNode } from "./node-client.ts";
import { initTrust } from "./trust.ts";
import type { Visitor } from "./visitor.ts";

/** Machines that prove themselves to browsers, without an agent's process. */

export const POSTURE: NodeFactsReport = {
  ...FACTS,
  ...{ osId: "debian", osVersion: "13.1", diskEncrypted: true, firewall: true, screenLock: null },
};

/** The hub of a system whose network gets its first root here. */
export async function hubOf(system: System): Promise<TestHub> {
  await initTrust(system.admin);
  return connectHub(system);
}

/** A device that has reported. @param user Its owner, or null. */
export async function enrolDevice(
  system: System,
  hub: TestHub,
  user: string | null = "alice@example.com",
): Promise<TestNode> {
  const { data } = await system.admin.call("enrolmentKeys.create", {
    body: { name: "devices", segment: "main", preApproved: true, user },
  });
  const node = await hub.newNode();
  await node.enrol(data.secret);
  await node.shakeHands();
  await reportPosture(node);
  return node;
}

/** @param ageMs How long ago it was measured. */
export async function reportPosture(
  node: TestNode,
  over: Partial<NodeFactsReport> = {},
  ageMs = 0,
): Promise<void> {
  const facts = { ...POSTURE, measuredAt: Date.now() - ageMs, ...over };
  const { status, text } = await node.report({
    facts: await signStatement("facts", node.hub.origin, facts, node.signing),
  });
  if (status !== 200) throw new Error(`the report was refused: ${text}`);
}

/** What an agent answers to a challenge. */
export const proofOf = (
  node: TestNode,
  challenge: string,
  origin: string,
  signing = node.signing,
): Promise<SignedStatement> => signStatement("device", origin, { node: node.id, challenge }, signing);

/** What the page that looks for an agent posts, but for the proof. Null for any other page. */
export function formOf(
  page: string,
): { readonly a: string; readonly csrf: string; readonly challenge: string } | null {
  const field = (name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(page)?.[1] ?? "";
  const challenge = /data-challenge="([^"]+)"/.exec(page)?.[1];
  return challenge === undefined ? null : { a: field("a"), csrf: field("csrf"), challenge };
}

/** Posts a proof as the page does. */
export const showProof = (
  system: System,
  visitor: Visitor,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
) =>
  visitor.get(
    `${system.authOrigin}/.rustronaut/device-proof`,
    { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin", ...headers },
    "POST",
    new URLSearchParams(fields).toString(),
  );

/** Opens an app as its page would with the agent of this machine at hand. @returns The last answer. */
export async function openOn(node: TestNode, system: System, visitor: Visitor, url: string, user: string) {
  const { response } = await visitor.visit(url, user);
  const form = formOf(response.text);
  if (!form) return response;
  const proof = JSON.stringify(await proofOf(node, form.challenge, system.authOrigin));
  const taken = await showProof(system, visitor, { a: form.a, csrf: form.csrf, proof });
  if (taken.status !== 200) return taken;
  return (await visitor.visit(`${system.authOrigin}/.rustronaut/start?a=${form.a}`, user)).response;
}

/** A new challenge for a signed-in visitor, whatever was proven before. */
export async function challengeOf(system: System, visitor: Visitor) {
  const { response } = await visitor.visit(`${system.appOrigin}/.rustronaut/sign-in?device=1`, "alice");
  const form = formOf(response.text);
  if (!form) throw new Error(`no page asks for a proof: ${response.text}`);
  return form;
}
