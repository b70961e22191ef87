import { MAX_GROUPS } from "../../../shared/access/login/identity-claims.ts";
import type { Bindings } from "../../platform/env.ts";
import { ProviderFault, ProviderRefusal } from "../provider-fault.ts";
import { ProviderAway, providerFetch } from "../provider-fetch.ts";

const PAGE = 100;
const MAX_PAGES = MAX_GROUPS / PAGE;

/** GitHub refuses the token, because the token was revoked or the account is suspended. */
export class TokenRefused extends ProviderFault {}

export type GithubApi = ReturnType<typeof githubApi>;

/**
 * GitHub's REST API with the token of one person.
 *
 * @param base The base URL, without a trailing slash.
 */
export function githubApi(bindings: Bindings, base: string, token: string) {
  const get = async (path: string): Promise<Response> => {
    const response = await providerFetch(bindings)(base + path, { headers: headersOf(`Bearer ${token}`) });
    if (isLimited(response)) throw new ProviderAway("GitHub's rate limit is reached");
    if (response.status === 401) throw new TokenRefused("GitHub does not take the token");
    refuseWithheld(response);
    return response;
  };
  return {
    /** The resource at the path. Null if there is none. */
    async find(path: string): Promise<unknown> {
      const response = await get(path);
      return response.status === 404 ? null : bodyOf(response, path);
    },

    /**
     * All items of a list. We compute the address of each next page ourselves, because a link in the answer
     * may lead anywhere.
     */
    async list(path: string): Promise<unknown[]> {
      const items: unknown[] = [];
      for (let page = 1; page <= MAX_PAGES; page++) {
        const response = await get(`${path}?per_page=${PAGE}&page=${page}`);
        const body = await bodyOf(response, path);
        if (!Array.isArray(body)) throw new ProviderFault(`${path} is no list`);
        items.push(...body);
        if (!/;\s*rel="?next"?/.test(response.headers.get("Link") ?? "")) return items;
      }
      throw new ProviderFault(`${path} has more than ${MAX_PAGES} pages`);
    },
  };
}

export const headersOf = (authorization: string) => ({
  Accept: "application/vnd.github+json",
  Authorization: authorization,
  "User-Agent": "rustronaut",
  "X-GitHub-Api-Version": "2022-11-28",
});

/** GitHub also uses 403 to say that it was asked too often. */
const isLimited = ({ status, headers }: Response): boolean =>
  status === 403 && (headers.get("X-RateLimit-Remaining") === "0" || headers.has("Retry-After"));

/**
 * GitHub leaves out data that an organization protects, or refuses it. Neither says anything about the
 * person. Groups that are withheld must not be treated as groups that don't exist.
 */
function refuseWithheld({ status, headers }: Response): void {
  if (headers.has("X-GitHub-SSO") && (status === 403 || status === 404)) {
    throw new ProviderRefusal(
      "organization_sso",
      "Your GitHub organization asks for its single sign-on first. Open the organization at GitHub, sign in there, then authorize this application again.",
    );
  }
  if (status === 403) {
    throw new ProviderRefusal(
      "organization_restricted",
      "Your GitHub organization does not let this application see its members. An owner of the organization must approve the application at GitHub.",
    );
  }
}

async function bodyOf(response: Response, path: string): Promise<unknown> {
  if (response.status !== 200) throw new ProviderFault(`${path} answered ${response.status}`);
  return response.json().catch(() => {
    throw new ProviderFault(`${path} is not JSON`);
  });
}
