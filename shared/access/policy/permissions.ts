import { pathOf } from "./mentions.ts";
import { ACTIONS, type ActionName } from "./request.ts";

/** The most that one permit gives: these actions, at these paths. Its other conditions may give less. */
export interface Permission {
  readonly actions: readonly ActionName[];
  /** Patterns as they stand after `like` or `==`. Null: at every path. */
  readonly paths: readonly string[] | null;
}

/** How many permissions a record names, and how many paths each of them. Whatever is longer is told as more. */
const MOST = 20;

/** Several permissions as a record keeps them, each once. Too many are one that includes them all. */
export function briefly(permissions: readonly Permission[]): Permission[] {
  const each = [...new Map(permissions.map((one) => [JSON.stringify(one), one])).values()];
  if (each.length <= MOST) return each;
  const named = new Set(each.flatMap(({ actions }) => actions));
  return [{ actions: ACTIONS.filter((action) => named.has(action)), paths: null }];
}

type Json = { readonly [key: string]: unknown };
const isJson = (part: unknown): part is Json =>
  typeof part === "object" && part !== null && !Array.isArray(part);

/** The actions and paths that a permit in Cedar's JSON format gives at most. */
export function permissionOf(policy: unknown): Permission {
  const { action, conditions } = policy as { action?: unknown; conditions?: unknown };
  const scopes = (Array.isArray(conditions) ? conditions : [])
    .filter((condition) => isJson(condition) && condition.kind === "when")
    .flatMap((condition) => conjuncts((condition as Json).body))
    .map(pathsOf)
    .filter((paths) => paths !== null);
  // Each scope holds an upper bound. The one with the fewest patterns says the most.
  const paths = scopes.sort((a, b) => a.length - b.length)[0] ?? null;
  return { actions: actionsIn(action), paths: paths && paths.length <= MOST ? paths : null };
}

function actionsIn(scope: unknown): readonly ActionName[] {
  if (!isJson(scope) || scope.op === "All") return ACTIONS;
  const named = [scope.entity, ...(Array.isArray(scope.entities) ? scope.entities : [])]
    .filter(isJson)
    .map(({ id }) => id);
  return named.includes("access") ? ACTIONS : ACTIONS.filter((name) => named.includes(name));
}

/** The parts of an expression that must all hold. */
function conjuncts(body: unknown): unknown[] {
  const and = isJson(body) ? body["&&"] : undefined;
  return isJson(and) ? [...conjuncts(and.left), ...conjuncts(and.right)] : [body];
}

/** The patterns of which one must fit, if the expression says no more than that about the path. */
function pathsOf(body: unknown): string[] | null {
  if (!isJson(body)) return null;
  const { "||": or, "==": equal, like } = body;
  if (isJson(or)) {
    const [left, right] = [pathsOf(or.left), pathsOf(or.right)];
    return left && right ? [...left, ...right] : null;
  }
  if (isJson(equal) && isPath(equal.left)) {
    const value = isJson(equal.right) ? equal.right.Value : undefined;
    return typeof value === "string" ? [value] : null;
  }
  if (isJson(like) && isPath(like.left) && Array.isArray(like.pattern)) return [patternText(like.pattern)];
  return null;
}

const isPath = (part: unknown): boolean => pathOf(part) === "context.request.path";

const patternText = (pattern: readonly unknown[]): string =>
  pattern.map((part) => (isJson(part) ? String(part.Literal) : "*")).join("");
