import type { LocalResponse } from "../../scripts/local/http.ts";
import { GRANTS } from "../../shared/access/grants/paths.ts";
import type { System } from "./harness.ts";
import { Visitor } from "./visitor.ts";

/** People who ask for access and answer, by the pages of the auth host. */

export interface Person {
  readonly visitor: Visitor;
  /** What the app said at last. */
  readonly last: LocalResponse;
}

/** Somebody with a browser, signed in at the auth host on the way to an app. */
export async function personAt(origin: string, user: string): Promise<Person> {
  const visitor = new Visitor();
  const { response } = await visitor.visit(`${origin}/`, user);
  return { visitor, last: response };
}

export const hiddenIn = (page: LocalResponse, name: string): string =>
  new RegExp(`name="${name}" value="([^"]+)"`).exec(page.text)?.[1] ?? "";

export const FROM_OUR_PAGE = { "sec-fetch-site": "same-origin" };

/** Sends a form to a page of the auth host. */
export function postForm(
  { authOrigin }: System,
  visitor: Visitor,
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = FROM_OUR_PAGE,
): Promise<LocalResponse> {
  const form = { "content-type": "application/x-www-form-urlencoded", origin: authOrigin };
  const body = String(new URLSearchParams(fields));
  return visitor.get(authOrigin + path, { ...form, ...headers }, "POST", body);
}

/** Requests access to an app. @returns The id of the request. */
export async function askFor(
  system: System,
  { visitor }: Person,
  app: string,
  fields: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { data } = await system.admin.call("apps.get", { params: { app } });
  const form = await visitor.get(`${system.authOrigin}${GRANTS}/ask?app=${data.id}`);
  const made = await postForm(system, visitor, `${GRANTS}/ask`, {
    ...{ csrf: hiddenIn(form, "csrf"), app: data.id, to: "/reports", reason: "on call", seconds: "3600" },
    ...fields,
  });
  const id = /grt_\w+/.exec(String(made.headers.location))?.[0];
  if (made.status !== 303 || id === undefined) throw new Error(`not requested: ${made.status} ${made.text}`);
  return id;
}

/** Answers a request as its page shows it. */
export async function answerTo(
  system: System,
  { visitor }: Person,
  id: string,
  verdict: "approve" | "deny",
): Promise<LocalResponse> {
  const page = await visitor.get(`${system.authOrigin}${GRANTS}/${id}`);
  const shown = { csrf: hiddenIn(page, "csrf"), digest: hiddenIn(page, "digest") };
  return postForm(system, visitor, `${GRANTS}/${id}/answer`, { ...shown, verdict, note: "" });
}
