import { shellWord } from "../base/shell-word.ts";
import { nativeDigest } from "../crypto/native/hash.ts";
import type { SubtleLike } from "../crypto/native/subtle.ts";

/** On the hub: the script that installs its agent (`packaging/install.sh`). */
export const INSTALLER_PATH = "/install.sh";

/**
 * The one line that makes a machine a node of a hub: it fetches the hub's installer, runs it only if it is the one that
 * the administrator's own connection to the hub showed, and hands it the enrolment key. The key goes through a pipe, for
 * an argument can be read by everybody in `ps`; the line begins with a space, so that most shells keep it out of their history.
 * @param hash Of the hub's installer, see `installerHash`.
 * @param key Without any character that a shell would touch, as enrolment keys are.
 */
export const installLine = (hub: string, hash: string, key: string): string =>
  [
    ` s=$(curl -fsS ${shellWord(hub + INSTALLER_PATH)})`,
    `[ "$(printf '%s\\n' "$s" | sha256sum)" = '${hash}  -' ]`,
    `printf 'RUSTRONAUT_KEY=%s\\n%s\\n' ${key} "$s" | sudo sh || { echo 'The agent was not installed' >&2; false; }`,
  ].join(" && ");

/** The same for a machine that has the agent, as from the Debian package. */
export const joinLine = (hub: string, key: string): string =>
  ` echo ${key} | sudo rustronaut-agent up --hub ${shellWord(hub)} --key-file /dev/stdin`;

/**
 * SHA-256, in hex.
 * @param installer Its text, which ends with one line break.
 */
export async function installerHash(installer: string, subtle: SubtleLike): Promise<string> {
  const digest = await nativeDigest(subtle, "SHA-256")(new TextEncoder().encode(installer));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
