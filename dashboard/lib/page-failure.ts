/** Why a page could not be shown. */
export type PageFailure = "hub_away" | "hub_busy" | "new_version" | "fault";

/**
 * A part of the page that can't be loaded is missing because the hub is away, or because another version of the
 * dashboard took its place; anything else is a fault of ours.
 *
 * @param isThere Asks the hub for its first page: the status, or null without an answer.
 */
export async function failureOf(error: unknown, isThere: () => Promise<number | null>): Promise<PageFailure> {
  const isPart = error instanceof TypeError && /import|module|fetch|preload|load/i.test(error.message);
  const status = await isThere();
  if (status === null) return "hub_away";
  if (status >= 500) return "hub_busy";
  return isPart ? "new_version" : "fault";
}

export const FAILURE_WORDS: Readonly<Record<PageFailure, { readonly title: string; readonly next: string }>> =
  {
    hub_away: {
      title: "The hub does not answer",
      next: "This page could not be loaded. Check your connection, and whether the hub runs; then try again.",
    },
    hub_busy: {
      title: "The hub can’t answer now",
      next: "This page could not be loaded. Try again in a moment; if it stays so, look at the hub’s log.",
    },
    new_version: {
      title: "A newer version of the dashboard is there",
      next: "It was deployed since you opened this one. Reload to go on with it.",
    },
    fault: {
      title: "This page has a fault",
      next: "The other pages still work. Please report what you did, with what the browser’s console says.",
    },
  };
