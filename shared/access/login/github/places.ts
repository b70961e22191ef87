export const GITHUB_ORIGIN = "https://github.com";

/** The addresses of the OAuth server and the REST API of github.com or of another GitHub installation. */
export interface GithubPlaces {
  /** The name that the OAuth server uses for itself (RFC 9207). */
  readonly issuer: string;
  readonly authorize: string;
  readonly token: string;
  readonly api: string;
}

/**
 * The addresses for github.com, for an enterprise at `SUBDOMAIN.ghe.com`, or for a GitHub Enterprise Server.
 *
 * @param origin The origin of its web pages.
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
