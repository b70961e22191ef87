import { type Answer, ApiError, createClient } from "@rustronaut/client";

/** A program of somebody else, which has nothing but the published client (`client.test.ts` installs it). */

declare const process: { readonly argv: readonly string[] };
declare const console: { log(text: string): void };

const [, , hubOrigin = "", token = ""] = process.argv;
let asked = 0;
const hub = createClient({
  hub: hubOrigin,
  token: async () => {
    asked++;
    return token;
  },
});

const made = await hub.call("groups.create", { body: { name: "made by a program" }, note: "a trial" });
const { group } = { group: made.data.id };
const read = await hub.call("groups.get", { params: { group } });
const changed = await hub.call("groups.update", {
  params: { group },
  body: { name: "changed by a program" },
  ifMatch: read.etag ?? "",
});
const list: Answer<"groups.list"> = (await hub.call("groups.list", { query: { limit: 200 } })).data;
const code = await hub.call("groups.get", { params: { group: "nobody" } }).catch((error: unknown) => {
  if (error instanceof ApiError) return error.problem.code;
  throw error;
});
await hub.call("groups.delete", { params: { group }, ifMatch: changed.etag ?? "" });

// Nothing of this is run. What the document does not say does not compile.
// @ts-expect-error there is no such operation
const lost = () => hub.url("groups.lost");
// @ts-expect-error a name is needed
const unnamed = () => hub.call("groups.create", { body: {} });
// @ts-expect-error a group has no colour
const colour = () => list.items[0]?.colour;

const result = { changed: changed.data.name, listed: list.items.some(({ id }) => id === group), code, asked };
console.log(
  JSON.stringify({ ...result, stream: hub.url("decisions.stream"), never: [lost, unnamed, colour].length }),
);
