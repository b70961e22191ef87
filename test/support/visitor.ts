import { type LocalResponse, localRequest } from "../../scripts/local/http.ts";

/** A browser without a screen: keeps cookies per host, follows redirects by hand, sends what a navigation sends. */
export class Visitor {
  readonly #jars = new Map<string, Map<string, string>>();

  cookies(origin: string): Map<string, string> {
    const { host } = new URL(origin);
    const jar = this.#jars.get(host) ?? new Map<string, string>();
    this.#jars.set(host, jar);
    return jar;
  }

  cookieHeader(origin: string): string {
    return [...this.cookies(origin)].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** One request, without following redirects. */
  async get(
    url: string,
    headers: Record<string, string> = {},
    method = "GET",
    body?: string,
  ): Promise<LocalResponse> {
    const cookie = this.cookieHeader(url);
    const response = await localRequest(url, {
      method,
      headers: { ...NAVIGATION, ...(cookie ? { cookie } : {}), ...headers },
      ...(body === undefined ? {} : { body }),
    });
    this.#keep(url, response);
    return response;
  }

  /** A navigation to exactly this path, which no URL parser touches. */
  async raw(origin: string, path: string): Promise<LocalResponse> {
    const cookie = this.cookieHeader(origin);
    const response = await localRequest(origin, {
      path,
      headers: { ...NAVIGATION, ...(cookie ? { cookie } : {}) },
    });
    this.#keep(origin, response);
    return response;
  }

  /** Follows redirects, pages that go on by themselves, and the provider's sign-in page, as the given demo user, until something else answers. @param headers Sent with each request, beside those of a navigation. */
  async visit(
    url: string,
    user: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly url: string; readonly response: LocalResponse; readonly hops: string[] }> {
    const hops: string[] = [];
    let at = url;
    for (let i = 0; i < 30; i++) {
      hops.push(at);
      const response = await this.get(at, headers);
      const location =
        response.headers.location ?? /^0; url=(.+)$/.exec(String(response.headers.refresh))?.[1];
      const button = new RegExp(`href="(/interaction/[^"]+/${user})"`).exec(response.text)?.[1];
      if (typeof location === "string") at = new URL(location, at).href;
      else if (button) at = new URL(button, at).href;
      else return { url: at, response, hops };
    }
    throw new Error(`redirect loop: ${hops.join(" → ")}`);
  }

  #keep(url: string, response: LocalResponse): void {
    const jar = this.cookies(url);
    for (const line of [response.headers["set-cookie"] ?? []].flat()) {
      const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
      const at = pair.indexOf("=");
      const isGone = attributes.some(
        (attribute) => /^max-age=0$/i.test(attribute) || /^expires=thu, 01 jan 1970/i.test(attribute),
      );
      if (isGone) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
  }
}

export const NAVIGATION = {
  accept: "text/html,application/xhtml+xml",
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
  "sec-fetch-site": "none",
};
