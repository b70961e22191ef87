import * as z from "zod/mini";
import { isClientName, MOST_REDIRECT_URIS } from "../access/oauth/client.ts";
import { readRedirectUri } from "../access/oauth/redirect-uri.ts";
import * as f from "./fields.ts";

/** Programs that ask people for access to apps by OAuth. */

export const oauthClient = z.object({
  /** The `client_id`. */
  id: z.string(),
  name: z.string(),
  /** Who wrote it down: an administrator, or the program itself. */
  kind: z.enum(["registered", "self_registered"]),
  redirectUris: z.array(z.string()),
  /** Known to the hour. Null before the first person agreed. */
  lastUsedAt: z.nullable(f.instant),
  ...f.rowFields,
});

const redirectUri = z.string().check(
  z.maxLength(500),
  z.refine(
    (text) => readRedirectUri(text).ok,
    "must be https, or http to 127.0.0.1, [::1] or localhost, written in full and without a fragment",
  ),
);

const clientInput = {
  name: f.said(
    f.line(80).check(z.refine((text) => isClientName(text), "must be a line of 1 to 80 characters")),
    "what people are asked about",
  ),
  redirectUris: f.said(
    f.list(redirectUri, MOST_REDIRECT_URIS).check(z.minLength(1)),
    "where answers may go; on the own machine (http) the port may differ",
  ),
};
export const oauthClientCreate = z.strictObject(clientInput);
export const oauthClientUpdate = z.partial(oauthClientCreate);
