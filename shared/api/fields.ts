import * as z from "zod/mini";
import { normalEmail } from "../access/login/email.ts";
import { HIDDEN, HIDDEN_RANGES } from "../base/hidden.ts";
import { ID_PREFIXES, type IdKind } from "../base/ids.ts";
import { isClosedName, isFreeName } from "../http/headers.ts";
import { isManagedName, MANAGED } from "../scim/group-name.ts";

/** The kinds of values that resources are made of. Every one is bounded. */

/** The schema with the words that say it in the command line's help, in the API's document and in the reference. */
export const said = <T extends z.ZodMiniType>(schema: T, words: string): T => schema.check(z.describe(words));

export const id = (kind: IdKind) =>
  z.string().check(z.regex(new RegExp(`^${ID_PREFIXES[kind]}_[0-9a-hjkmnp-tv-z]{26}$`), "is not such an id"));

/** What the pattern can't say of a name or a line. */
const isSeen = z.refine<string>((text) => !HIDDEN.test(text), "must not hold characters that can't be seen");

/** A name that policies cite: 1 to 100 characters, without hidden ones, without spaces around it, in one spelling (NFC). */
export const name = z.string().check(
  z.maxLength(100),
  z.regex(
    new RegExp(`^[^\\s${HIDDEN_RANGES}]([^${HIDDEN_RANGES}]*[^\\s${HIDDEN_RANGES}])?$`, "u"),
    "must be a name of 1 to 100 characters, without control characters and without spaces around it",
  ),
  isSeen,
  z.refine((text) => text === text.normalize("NFC"), "must be in Unicode's composed form (NFC)"),
);

/** The name of a group that administrators decide about. */
export const groupName = name.check(
  z.refine(
    (text) => !isManagedName(text),
    `must not begin with ${MANAGED}, as groups do that a provider manages by SCIM`,
  ),
);

/** A DNS label: what an app is called. */
export const label = z
  .string()
  .check(
    z.regex(
      /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
      "must be a label of 1 to 63 lower-case letters, digits and hyphens, such as wiki",
    ),
  );

/** An id or the unique name of the same thing, in a path. */
export const reference = z.string().check(z.minLength(1), z.maxLength(254));

export const line = (max: number) =>
  z
    .string()
    .check(
      z.maxLength(max),
      z.regex(new RegExp(`^[^${HIDDEN_RANGES}]*$`, "u"), "must be one line without control characters"),
      isSeen,
    );

/** Text of several lines. */
export const paragraphs = (max: number) =>
  z
    .string()
    .check(
      z.maxLength(max),
      z.regex(new RegExp(`^(?:[^${HIDDEN_RANGES}]|\\n)*$`, "u"), "must be text without control characters"),
      isSeen,
    );

/** Put in lower case, which must make it an address in the one form that the registry knows. */
export const email = z.string().check(
  z.trim(),
  z.maxLength(254),
  z.refine((text) => normalEmail(text) !== null, "must be an e-mail address"),
  z.toLowerCase(),
);

/** A host name without a port: lower-case labels. */
export const host = z
  .string()
  .check(
    z.maxLength(253),
    z.regex(
      /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
      "must be a host name in lower case without a port, such as wiki.example.com",
    ),
  );

/** The name of an organisation at GitHub, in lower case: GitHub tells no cases apart. */
export const githubOrganization = z
  .string()
  .check(
    z.toLowerCase(),
    z.regex(/^[a-z0-9](?:-?[a-z0-9]){0,38}$/, "is not the name of a GitHub organisation"),
  );

/** Scheme, host and port, nothing more. */
export const origin = z.string().check(
  z.maxLength(300),
  z.refine(
    (text) => URL.canParse(text) && new URL(text).origin === text && !text.includes("*"),
    "must be an origin such as https://10.example, without a wildcard",
  ),
);

/** The name of an HTTP header field (RFC 9110 §5.1). */
export const headerName = z
  .string()
  .check(z.maxLength(100), z.regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "is not the name of a header"));

/** The same in lower case, in which it is compared. */
export const lowerHeaderName = z
  .string()
  .check(
    z.toLowerCase(),
    z.maxLength(100),
    z.regex(/^[a-z0-9][a-z0-9_-]*$/, "must be the name of a header, such as x-request-id"),
  );

/** A method that is forwarded. */
export const method = z
  .string()
  .check(z.toUpperCase(), z.regex(/^[A-Z]{1,20}$/, "must be a method such as GET"));

/** A header that says who calls or from where, put in lower case; `*` at its end stands for a family. */
export const clientHeader = z.string().check(
  z.toLowerCase(),
  z.maxLength(100),
  z.regex(/^[a-z][a-z0-9-]+\*?$/, "must be a header's name, with * only at its end"),
  z.refine((name) => !isClosedName(name.replace("*", "")), "is written by the gateway alone"),
);

/** A header in which programs send a credential to one app, put in lower case. */
export const tokenHeader = z
  .string()
  .check(
    z.toLowerCase(),
    z.maxLength(100),
    z.regex(/^[a-z][a-z0-9-]+$/, "must be a header's name"),
    z.refine(isFreeName, "has another meaning"),
  );

/** Which nodes are the agents of a private app. */
export const connector = z
  .string()
  .check(
    z.regex(
      /^(tag:[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?|node:[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?)$/,
      "must be tag:NAME or node:NAME",
    ),
  );

/** A person or a group. See `PersonSelector`. */
export const personSelector = z
  .string()
  .check(
    z.maxLength(330),
    z.regex(/^(user:[^\s@]+@[^\s@]+|group:\S(.*\S)?)$/, "must be user:EMAIL or group:NAME"),
  );

/** A pattern of paths, as after `like` in Cedar. */
export const pathPattern = z
  .string()
  .check(
    z.maxLength(300),
    z.regex(/^\/[\x21-\x7e]*$/, "must begin with / and hold visible ASCII characters, with * for any text"),
  );

export const url = z.string().check(
  z.maxLength(2_000),
  z.refine((text) => URL.canParse(text), "must be a URL"),
);

export const integer = (min: number, max: number) => z.int().check(z.gte(min), z.lte(max));
/** Milliseconds since the Unix epoch. */
export const instant = integer(0, 8_640_000_000_000_000);
export const seconds = (max: number) => integer(1, max);
export const list = <T extends z.core.$ZodType>(item: T, max: number) =>
  z.array(item).check(z.maxLength(max));

export const role = z.enum(["owner", "admin", "auditor"]);
export type Role = z.infer<typeof role>;

/** What every stored row carries. `version` is its ETag. */
export const rowFields = { version: z.int(), createdAt: instant, updatedAt: instant };

/** An integer in a query string. */
export const queryInteger = (min: number, max: number) =>
  z.pipe(
    z.string().check(z.regex(/^\d{1,16}$/, "must be a whole number")),
    z.pipe(
      z.transform((text: string) => Number(text)),
      integer(min, max),
    ),
  );

/** Yes or no in a query string. */
export const queryFlag = z.pipe(
  z.enum(["true", "false"]),
  z.transform((text) => text === "true"),
);

/** The query of every change that may lock people out. */
export const lockOutQuery = {
  despiteLockOut: z.optional(
    said(queryFlag, "make the change although people are locked out by it; who is recorded"),
  ),
};

export const cursor = z.string().check(z.maxLength(400));

/** A part of what a thing is called, whatever the case. */
export const search = z.optional(
  said(line(100).check(z.minLength(1)), "only those whose name or address holds this"),
);

/** The query of every list: at most 200 items a page, 50 unless asked. */
export const pageQuery = {
  limit: z.optional(said(queryInteger(1, 200), "how many items at most; 50 unless said")),
  cursor: z.optional(said(cursor, "where the page before this one ended, as its `next` says")),
};

/** The query of a list of things with names. */
export const listQuery = { ...pageQuery, search };

/** One page of a list; `next` is the cursor of the page after it, null on the last one. */
export const page = <T extends z.core.$ZodType>(item: T) =>
  z.object({ items: z.array(item), next: z.nullable(z.string()) });
