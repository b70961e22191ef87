export const GITHUB_ORIGIN = "https://github.com";

/** Where a GitHub's OAuth server and its REST API are. */
export interface GithubPlaces {
  /** The OAuth server's own name for itself (RFC 9207). */
  readonly issuer: string;
  readonly authorize: string;
  readonly token: string;
  readonly api: string;
}

/**
 * The places of github.com, of an enterprise at `SUBDOMAIN.ghe.com`, or of a GitHub Enterprise Server.
 *
 * @param origin Of its pages.
 */
export function githubPlaces(origin: string): GithubPlaces {
  const base = new URL(origin);
  const isHosted = base.hostname === "github.com" || base.hostname.endsWith(".ghe.com");
  const issuer = `${base.origin}/login/oauth`;
  return {
    issuer,
    authorize: `${issuer}/authorize`,
    token: `${issuer}/access_token`,
    api: isHosted ? `${base.protocol}//api.${base.host}` : `${base.origin}/api/v3`,
  };
}
