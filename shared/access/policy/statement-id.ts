/**
 * The name of the policy that contains a statement such as `wiki#1`. After `#` comes the number of the
 * statement. For a link of a template, a dot and the number of the link follow.
 */
export const policyNameOf = (statement: string): string => statement.replace(/#\d+(?:\.\d+)?$/, "");
