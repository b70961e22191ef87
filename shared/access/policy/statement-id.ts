import { remembering } from "../../base/bounded-map.ts";

/**
 * The name of the policy that contains a statement such as `wiki#1`. After `#` comes the number of the
 * statement. For a link of a template, a dot and the number of the link follow.
 */
export const policyNameOf = remembering(2_000, (statement) => statement.replace(/#\d+(?:\.\d+)?$/, ""));

/** As what decisions cite a grant. No statement of a policy looks like that, whatever its name: each ends in `#` and a number. */
export const grantStatement = (id: string): string => `grant:${id}`;

/** The id of the grant that a statement is. Null if it is a policy's. */
export const grantOf = (statement: string): string | null => /^grant:(\w+)$/.exec(statement)?.[1] ?? null;
