import { routeTo } from "../lib/router.ts";

interface WhyPath {
  readonly from: string;
  readonly to: string;
  readonly toName: string;
}

/** Leads to the paths between two nodes, and why one of them is used. */
export const WhyPath = ({ from, to, toName }: WhyPath) => (
  <a href={routeTo("mesh-health", from, to)} aria-label={`Why this path to ${toName}`}>
    why
  </a>
);
