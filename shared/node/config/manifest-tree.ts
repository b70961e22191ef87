import type { LegDocument, ManifestDocument, ObjectHash, PeerDocument } from "./types.ts";

/** The objects below a manifest: some at once, and the key records of others behind their documents. */

/** The peers' documents and those of the legs. Each leads to records. */
export const branchesOf = ({ peers, relay }: ManifestDocument): readonly ObjectHash[] =>
  relay ? [...peers, ...relay.legs] : peers;

/** What a manifest names itself. */
export const namedBy = (manifest: ManifestDocument): readonly ObjectHash[] => [
  manifest.component,
  manifest.record,
  ...branchesOf(manifest),
];

export const recordsOf = (branch: PeerDocument | LegDocument): readonly ObjectHash[] =>
  branch.type === "peer" ? [branch.record] : branch.ends.map(({ record }) => record);
