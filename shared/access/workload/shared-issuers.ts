import { type ClaimRule, fixedPart } from "./claim-rule.ts";

/**
 * Platforms that sign with the same keys for all of their customers. Anybody can get a JWT there, so that a rule must name
 * whose programs are meant. A claim's expression says what the fixed part of its pattern must hold for that.
 */
interface SharedIssuer {
  readonly issuer: string;
  readonly name: string;
  readonly owners: Readonly<Record<string, RegExp>>;
  readonly example: string;
}

const ANY = /./;

const SHARED: readonly SharedIssuer[] = [
  {
    issuer: "https://token.actions.githubusercontent.com",
    name: "GitHub Actions",
    owners: {
      sub: /^repo:[^/]+\//,
      repository: /^[^/]+\//,
      repository_owner: ANY,
      repository_id: ANY,
      repository_owner_id: ANY,
    },
    example: "repository=acme/shop",
  },
  {
    issuer: "https://gitlab.com",
    name: "GitLab",
    owners: {
      sub: /^project_path:[^/]+\//,
      project_path: /^[^/]+\//,
      namespace_path: ANY,
      project_id: ANY,
      namespace_id: ANY,
    },
    example: "project_path=acme/shop",
  },
  {
    issuer: "https://accounts.google.com",
    name: "Google",
    owners: { sub: ANY, email: ANY, hd: ANY },
    example: "email=deploy@acme.iam.gserviceaccount.com",
  },
  {
    issuer: "https://agent.buildkite.com",
    name: "Buildkite",
    owners: { sub: /^organization:[^:]+:/, organization_slug: ANY, organization_id: ANY },
    example: "organization_slug=acme",
  },
];

/** Names of an owner that no path ends must be whole: `acme*` would fit `acme-evil`, which anybody may register. */
const isWhole = ({ pattern }: ClaimRule, must: RegExp): boolean =>
  must === ANY ? !pattern.includes("*") : must.test(fixedPart(pattern));

/** Why the rules let anybody on a shared platform in, in words. Null if they don't. */
export function missingOwner(issuer: string, rules: readonly ClaimRule[]): string | null {
  const shared = SHARED.find((one) => one.issuer === issuer.replace(/\/$/, "").toLowerCase());
  if (!shared) return null;
  const names = rules.some((rule) => {
    const must = Object.hasOwn(shared.owners, rule.name) ? shared.owners[rule.name] : undefined;
    return must !== undefined && isWhole(rule, must);
  });
  return names
    ? null
    : `${shared.name} signs for everybody: require whose program it is, such as ${shared.example}, without * in the owner's name`;
}
