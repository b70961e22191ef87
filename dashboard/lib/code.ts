import type { ComponentType } from "react";

/** The code of a part of the dashboard that is loaded when it is needed. */
export interface Code<Props> {
  /** Null until it was loaded. */
  readonly here: ComponentType<Props> | null;
  /** @throws TypeError when it can't be loaded; a later call tries again. */
  load(): Promise<ComponentType<Props>>;
}

/**
 * Not `lazy` of React: after the least wait it holds back what it shows for 300 ms, so that pages do not flicker, although
 * nothing was shown before.
 */
export function codeOf<Props>(load: () => Promise<{ default: ComponentType<Props> }>): Code<Props> {
  let here: ComponentType<Props> | null = null;
  return {
    get here() {
      return here;
    },
    load: async () => {
      here ??= (await load()).default;
      return here;
    },
  };
}
