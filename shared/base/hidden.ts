/**
 * Characters that a reader can't see, or that reorder what stands around them: controls, marks of direction and width, fillers and
 * separators. In the notation of a character class, since published schemas carry it.
 */
export const HIDDEN_RANGES =
  "\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb";

/** These and Unicode's tags, which readers that know no supplementary characters can't name. */
export const HIDDEN = new RegExp(`[${HIDDEN_RANGES}\\u{e0000}-\\u{e0fff}]`, "u");
