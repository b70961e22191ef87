import type { HeaderList } from "./headers.ts";

/** Headers whose values say nothing secret about a person or an application. */
const SHOWN: ReadonlySet<string> = new Set([
  ...["accept", "accept-encoding", "accept-language", "accept-ranges", "age", "allow", "cache-control"],
  ...[
    "connection",
    "content-encoding",
    "content-language",
    "content-length",
    "content-range",
    "content-type",
  ],
  ...[
    "date",
    "expires",
    "host",
    "last-modified",
    "origin",
    "range",
    "retry-after",
    "server",
    "transfer-encoding",
  ],
  ...[
    "upgrade",
    "user-agent",
    "vary",
    "via",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
  ],
]);
/** The most headers of one message, and the most characters of one value. */
const MOST = 60;
const MOST_CHARACTERS = 200;

/**
 * Headers as a record may keep them: names, and the values of those that are known to be harmless. Of any other only
 * the length is kept. A list of secret names would miss the ones that an application made up.
 */
export const shownHeaders = (headers: HeaderList): Record<string, string> =>
  Object.fromEntries(
    headers.slice(0, MOST).map(([name, value]) => {
      const key = name.toLowerCase().slice(0, 100);
      return [key, SHOWN.has(key) ? value.slice(0, MOST_CHARACTERS) : `(${value.length} characters)`];
    }),
  );
