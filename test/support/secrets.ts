/** A secret of the same form that is another one, whatever the last characters are. */
export const otherThan = (secret: string): string =>
  `${secret.slice(0, -2)}${secret.endsWith("AA") ? "BB" : "AA"}`;
