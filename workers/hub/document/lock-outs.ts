import type { Held } from "../../../shared/access/as-of.ts";
import type { Replaced } from "../../../shared/access/lock-out.ts";
import type { NetworkDocument, PlanStep } from "../../../shared/api/document.ts";
import { type AppSettings, appSettings } from "../../../shared/registry/app-settings.ts";
import { refuseLockOut } from "../lock-outs.ts";
import type { Building } from "./apply.ts";
import type { NetworkRows } from "./read.ts";

/** Refuses a document that locks people out, unless its author insists. A program gets warnings. */
export async function passLockOuts(
  { call, rows, warnings, policies }: Building,
  steps: readonly PlanStep[],
): Promise<{ lockOuts?: string[] }> {
  const things = steps.flatMap((step) => replacedBy(step, rows, call.body.document));
  if (things.length === 0 && policies.length === 0) return {};
  const passed = await refuseLockOut(call, { things, policies }, call.query.despiteLockOut);
  warnings.push(...passed.warnings.map(({ message }) => message));
  return passed.kept;
}

/**
 * What decides who may reach what, as a step leaves it. Only things that exist are meant: nobody is locked
 * out of what comes anew.
 */
function replacedBy(step: PlanStep, rows: NetworkRows, document: NetworkDocument): Replaced[] {
  const { kind, name, action } = step;
  const target = targetOf(kind, name, rows);
  if (target === undefined) return kind === "group" ? newGroup(name, rows, document) : [];
  if (action === "delete") return [{ kind, target, after: null }];
  switch (kind) {
    case "user": {
      const row = rows.users.find(({ id }) => id === target);
      const { status, name: called } = document.users?.find(({ email }) => email === name) ?? {};
      const role = step.changes.find(({ field }) => field === "role");
      return [
        {
          ...{ kind, target },
          after: {
            ...row,
            ...(status === undefined ? {} : { status }),
            ...(called === undefined ? {} : { name: called }),
            ...(role ? { role: role.after } : {}),
          },
        },
      ];
    }
    case "identityProvider": {
      const row = rows.identityProviders.find(({ id }) => id === target);
      const item = document.identityProviders?.find((one) => one.name === name);
      const stays = (item?.issuer ?? row?.issuer) === row?.issuer;
      return [{ kind, target, after: stays ? { enabled: item?.enabled ?? row?.enabled } : null }];
    }
    case "group":
      return membersOf(target, name, rows, document);
    case "app": {
      const row = rows.apps.find(({ id }) => id === target);
      const item = document.apps?.find((one) => one.name === name);
      const segment = rows.segments.find((one) => one.name === (item?.segment ?? row?.segment));
      const settings = appSettings({ ...row?.settings, ...item?.settings } as Partial<AppSettings>);
      const after: Held["after"] = {
        ...{ name, host: item?.host ?? row?.host, otherHosts: item?.otherHosts ?? row?.otherHosts },
        ...{ segmentId: segment?.id, settings },
        ...{ tags: item?.tags ?? row?.tags, enabled: item?.enabled ?? row?.enabled },
      };
      return [{ kind, target, after }];
    }
    case "serviceToken": {
      const row = rows.serviceTokens.find(({ id }) => id === target);
      const item = document.serviceTokens?.find((one) => one.name === name);
      const groups = item?.groups ?? (JSON.parse(row?.groups ?? "[]") as string[]);
      const enabled = item?.enabled ?? row?.enabled;
      return [{ kind, target, after: { name, groups, enabled, expiresAt: row?.expiresAt } }];
    }
    default:
      return [];
  }
}

function targetOf(kind: PlanStep["kind"], name: string, rows: NetworkRows): string | undefined {
  if (kind === "user") return rows.users.find(({ email }) => email === name)?.id;
  const things = {
    group: rows.groups,
    app: rows.apps,
    identityProvider: rows.identityProviders,
    serviceToken: rows.serviceTokens,
  } as Partial<Record<PlanStep["kind"], readonly { readonly id: string; readonly name: string }[]>>;
  return things[kind]?.find((one) => one.name === name)?.id;
}

/** A group that comes with people who exist may be named by a policy already. */
const newGroup = (name: string, rows: NetworkRows, document: NetworkDocument): Replaced[] => [
  { kind: "group", target: name, after: { name } },
  ...membersOf(name, name, rows, document),
];

/** The members of a group, where the document lists them. */
function membersOf(target: string, name: string, rows: NetworkRows, document: NetworkDocument): Replaced[] {
  const item = document.groups?.find((one) => one.name === name);
  const listed = {
    user: item?.users?.map((email) => rows.users.find((row) => row.email === email)?.id),
    group: item?.groups?.map((group) => rows.groups.find((row) => row.name === group)?.id ?? group),
  };
  const gone = rows.members
    .filter(({ groupId, kind }) => groupId === target && listed[kind] !== undefined)
    .map(({ memberId }): Replaced => ({ kind: "membership", target, other: memberId, after: null }));
  const come = (["user", "group"] as const).flatMap((memberKind) =>
    (listed[memberKind] ?? []).flatMap((other): Replaced[] =>
      other === undefined
        ? []
        : [{ kind: "membership", target, other, after: { memberKind, member: other } }],
    ),
  );
  return [...gone, ...come];
}
