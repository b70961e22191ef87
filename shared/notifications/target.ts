/** A target in the one spelling that is stored, and no secret; what is none stays as it is: whoever stores it refuses it. */
export function canonicalTarget(kind: "email" | "webhook" | "slack", text: string): string {
  if (kind === "email") return text.trim().toLowerCase();
  if (!URL.canParse(text)) return text;
  const { href, origin } = new URL(text);
  // A path may be the secret by which the receiver knows who posts: with it, it is not the target that is shown.
  return href === `${origin}/` ? origin : href;
}

/** The part of a URL that everybody who reads the settings may see. What is no URL stays as it is. */
export const shownTarget = (target: string): string =>
  URL.canParse(target) ? new URL(target).origin : target;
