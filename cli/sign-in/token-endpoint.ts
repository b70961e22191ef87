import * as z from "zod";
import { CLIENT_ID } from "../../shared/access/login/command-line/request.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { localFetch } from "../http/fetch.ts";

/** What the hub gives a command line whose person agreed. */
const signedIn = z.object({
  access_token: z.string(),
  expires_in: z.number(),
  email: z.string(),
  role: z.nullable(z.string()),
});
export type SignedIn = z.infer<typeof signedIn>;

const refused = z.object({ error: z.string(), error_description: z.string().default("") });
export type OAuthRefusal = z.infer<typeof refused>;

/** Posts a form to one of the hub's OAuth endpoints. A refusal that has an `error` of RFC 6749 is a value. */
export async function postForm<T extends z.ZodType>(
  address: string,
  fields: Readonly<Record<string, string>>,
  answer: T,
): Promise<z.infer<T> | OAuthRefusal> {
  const response = await localFetch(address, {
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ client_id: CLIENT_ID, ...fields }).toString(),
  });
  const body: unknown = await response.json().catch(() => null);
  const parsed = (response.ok ? answer : refused).safeParse(body);
  if (parsed.success) return parsed.data as z.infer<T> | OAuthRefusal;
  throw new Failure(EXIT.failure, "The hub does not sign in command lines", {
    detail: `It answered ${response.status} to ${new URL(address).pathname}.`,
    hint: "Check its address. A hub of an older release takes only an API token: `rustronaut login HUB --token`.",
  });
}

export const isRefusal = (answer: object): answer is OAuthRefusal => "error" in answer;

/** Asks for the session that a grant stands for. */
export const askForToken = (
  address: string,
  fields: Readonly<Record<string, string>>,
): Promise<SignedIn | OAuthRefusal> => postForm(address, fields, signedIn);

export function failureOf({ error, error_description }: OAuthRefusal): Failure {
  const isAway = error === "temporarily_unavailable";
  return new Failure(isAway ? EXIT.unavailable : EXIT.unauthorised, "You are not signed in", {
    detail: error_description,
  });
}
