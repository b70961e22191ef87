/** A target in the one spelling that is stored, and no secret; what is none stays as it is: whoever stores it refuses it. */
export function canonicalTarget(kind: "email" | "webhook" | "slack", text: string): string {
  if (kind === "email") return text.trim().toLowerCase();
  if (!URL.canParse(text)) return text;
  const { href, origin } = new URL(text);
  // Of Slack's URL the path is the secret: with it, it is not the target that is shown.
  return kind === "slack" && href === `${origin}/` ? origin : href;
}
