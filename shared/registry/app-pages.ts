/** Pages of ours that an app can say in its own words. */

export const PAGE_REASONS = ["denied", "signed_out", "maintenance", "upstream_down"] as const;
export type PageReason = (typeof PAGE_REASONS)[number];

/** What an app says on one of these pages. The code and the number of the decision are shown in any case. */
export interface AppPage {
  readonly reason: PageReason;
  /** Empty for our own title. */
  readonly title: string;
  /** Paragraphs, lists with `- `, `**bold**` and `[words](https://…)`. Anything else is plain text. */
  readonly text: string;
  /** Whom to ask: an e-mail address, a URL or words. Empty for whom the network names. */
  readonly contact: string;
}

export const pageFor = (pages: readonly AppPage[], reason: PageReason): AppPage | undefined =>
  pages.find((page) => page.reason === reason);
