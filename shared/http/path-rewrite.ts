import { canonicalTarget, type Target, type TargetRules } from "./target.ts";

/** Where an app's paths are on its upstream. What people ask for is judged; what the upstream gets follows from it. */
export interface PathSettings {
  /** The beginning of every path of the app that the upstream does not know, such as `/wiki`. Empty for none. */
  readonly pathStrip: string;
  /** What the upstream's paths begin with instead, such as `/app`. Empty for nothing. */
  readonly pathPrefix: string;
}

export const DEFAULT_PATH_SETTINGS: PathSettings = { pathStrip: "", pathPrefix: "" };

export const rewritesPaths = ({ pathStrip, pathPrefix }: PathSettings): boolean =>
  pathStrip !== "" || pathPrefix !== "";

/** The app's first page. */
export const startPath = ({ pathStrip }: Pick<PathSettings, "pathStrip">): string => `${pathStrip}/`;

/** What is below a prefix, with its slash. Null for a path that is not below it. */
const below = (path: string, prefix: string): string | null =>
  path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : null;

/**
 * The path that the upstream gets for a path that was judged.
 *
 * Each path of the upstream must belong to one path that policies judge, or a second way would lead around them. So a
 * path that is not below `pathStrip` is `outside`. And however the upstream reads its path (without `;x`, without
 * `%2F`), that must be what one of the judged readings leads to, or the path is `ambiguous`: `/wiki/..;/admin`.
 */
export function upstreamPath(
  target: Target,
  settings: PathSettings & TargetRules,
): string | "outside" | "ambiguous" {
  const { pathStrip, pathPrefix, caseInsensitivePaths } = settings;
  const inner = below(target.path, pathStrip);
  if (inner === null) return "outside";
  const path = pathPrefix + inner;
  const read = canonicalTarget(path, settings);
  if (!read.ok || read.value.path !== path) return "ambiguous";
  // Where case has no meaning, readings are in lower case.
  const fold = (text: string) => (caseInsensitivePaths ? text.toLowerCase() : text);
  const isJudged = (reading: string) => {
    const rest = below(reading, fold(pathPrefix));
    return rest !== null && target.readings.includes(fold(pathStrip) + rest);
  };
  return read.value.readings.every(isJudged) ? path : "ambiguous";
}

/**
 * The path under which a browser finds a path of the upstream. The path itself where it lies elsewhere on the upstream,
 * or where the upstream knows `pathStrip` and named it already.
 */
export function outerPath(path: string, { pathStrip, pathPrefix }: PathSettings): string {
  if (path === pathPrefix) return `${pathStrip}/`;
  const inner = below(path, pathPrefix);
  if (inner === null) return path;
  const isOuter =
    pathPrefix === "" && pathStrip !== "" && (path === pathStrip || below(path, pathStrip) !== null);
  return isOuter ? path : pathStrip + inner;
}

/** A cookie whose `Path` is one that the browser knows. A `__Host-` cookie keeps `/`, without which it is void. */
export function withOuterPath(cookie: string, settings: PathSettings): string {
  if (/^\s*__host-/i.test(cookie)) return cookie;
  const [pair = "", ...attributes] = cookie.split(";");
  const rewritten = attributes.map((attribute) => {
    const path = /^\s*path\s*=\s*(\/.*?)\s*$/i.exec(attribute)?.[1];
    return path === undefined ? attribute : ` Path=${cookiePath(path, settings)}`;
  });
  return [pair, ...rewritten].join(";");
}

function cookiePath(path: string, settings: PathSettings): string {
  const { pathStrip, pathPrefix } = settings;
  if (path === "/" || path === pathPrefix || path === `${pathPrefix}/`) return pathStrip || "/";
  return outerPath(path, settings);
}
