import type { FederationInput } from "../../../shared/api/credentials.ts";
import type { NetworkDocument } from "../../../shared/api/document.ts";
import { checkPrivateUpstream } from "../../../shared/connector/private-upstream.ts";
import { checkUpstream } from "../../../shared/http/upstream.ts";
import { canonicalCheck } from "../../../shared/node/config/device-check.ts";
import { canonicalTarget } from "../../../shared/notifications/target.ts";
import { parseRule, printRule } from "../../../shared/segments/rule.ts";
import { parseService } from "../../../shared/segments/service.ts";
import { parseMeshTest, printMeshTest } from "../../../shared/segments/tests/mesh-test.ts";
import { printTraffic } from "../../../shared/segments/traffic.ts";
import { parseWeekly, printWeekly } from "../../../shared/segments/weekly.ts";
import type { Bindings } from "../../platform/env.ts";
import { wholeFederation } from "../federation.ts";

/**
 * The document in the spelling in which things are stored, so that a different spelling of the same value is
 * no change. Wrong values stay unchanged; the code that stores them refuses them.
 */
export function canonicalDocument(
  bindings: Pick<Bindings, "developmentHosts" | "authOrigin">,
  document: NetworkDocument,
): NetworkDocument {
  const { developmentHosts } = bindings;
  const upstream = (url: string, isPrivate: boolean): string => {
    const checked = isPrivate
      ? checkPrivateUpstream(url, [])
      : checkUpstream(url, { developmentHosts, ownHosts: [] });
    return checked.ok ? checked.value : url;
  };
  const {
    segments,
    apps,
    serviceTokens,
    nodes,
    meshRules,
    meshServices,
    meshTests,
    notifications,
    signalReceivers,
    logDestinations,
  } = document;
  return {
    ...document,
    ...(segments && {
      segments: segments.map((item) =>
        item.deviceChecks ? { ...item, deviceChecks: item.deviceChecks.map(canonicalCheck) } : item,
      ),
    }),
    ...(apps && {
      apps: apps.map((app) => {
        const isPrivate = (app.through ?? []).length > 0;
        return { ...app, upstreams: app.upstreams.map((url) => upstream(url, isPrivate)) };
      }),
    }),
    ...(serviceTokens && {
      serviceTokens: serviceTokens.map((item) => withTime(withFederation(bindings, item))),
    }),
    ...(nodes && { nodes: nodes.map(withTime) }),
    ...(meshRules && { meshRules: meshRules.map(canonicalRule) }),
    ...(meshServices && { meshServices: meshServices.map(canonicalService) }),
    ...(meshTests && { meshTests: meshTests.map(canonicalTest) }),
    ...(notifications && {
      notifications: notifications.map((item) => ({
        ...item,
        target: canonicalTarget(item.kind, item.target),
      })),
    }),
    ...(signalReceivers && {
      signalReceivers: signalReceivers.map((item) => ({
        ...item,
        target: canonicalTarget("webhook", item.target),
      })),
    }),
    ...(logDestinations && {
      logDestinations: logDestinations.map((item) => ({
        ...item,
        url: URL.canParse(item.url) ? new URL(item.url).href : item.url,
      })),
    }),
  };
}

/** A time in its only spelling: `2027-01-31T09:00:00.000Z`. */
export const timeOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
export const instantOf = <T extends string | null | undefined>(time: T) =>
  (typeof time === "string" ? Date.parse(time) : time) as T extends string ? number : T;

const withTime = <T extends { readonly expiresAt?: string | null | undefined }>(item: T): T =>
  item.expiresAt ? { ...item, expiresAt: timeOf(instantOf(item.expiresAt)) } : item;

const withFederation = <T extends { readonly federation?: FederationInput | null | undefined }>(
  bindings: Pick<Bindings, "authOrigin">,
  item: T,
): T => (item.federation ? { ...item, federation: wholeFederation(bindings, item.federation) } : item);

type DocumentRule = NonNullable<NetworkDocument["meshRules"]>[number];

function canonicalRule({ notBefore, notAfter, weekly, ...rule }: DocumentRule): DocumentRule {
  const windows = weekly ? parseWeekly(weekly) : null;
  return {
    ...canonicalSides(rule),
    ...(rule.when !== undefined && { when: rule.when.trim() }),
    ...(notBefore !== undefined && { notBefore: notBefore && timeOf(instantOf(notBefore)) }),
    ...(notAfter !== undefined && { notAfter: notAfter && timeOf(instantOf(notAfter)) }),
    ...(weekly !== undefined && { weekly: windows?.ok ? printWeekly(windows.value) : weekly }),
  };
}

function canonicalSides<T extends { from: string[]; to: string[]; traffic: string[] }>(rule: T): T {
  const parsed = parseRule(rule);
  if (!parsed.ok) return rule;
  const { from, to, traffic } = printRule(parsed.value);
  return { ...rule, from: [...from], to: [...to], traffic: [...traffic] };
}

type DocumentService = NonNullable<NetworkDocument["meshServices"]>[number];

function canonicalService(service: DocumentService): DocumentService {
  const parsed = parseService(service.traffic);
  return parsed.ok ? { ...service, traffic: parsed.value.map(printTraffic) } : service;
}

type DocumentTest = NonNullable<NetworkDocument["meshTests"]>[number];

function canonicalTest(test: DocumentTest): DocumentTest {
  const parsed = parseMeshTest({ from: test.from, accept: test.accept ?? [], deny: test.deny ?? [] });
  if (!parsed.ok) return test;
  const { from, accept, deny } = printMeshTest(parsed.value);
  return {
    ...{ name: test.name, from },
    ...(test.accept && { accept: [...accept] }),
    ...(test.deny && { deny: [...deny] }),
  };
}
