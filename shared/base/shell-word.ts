/** A text as one word of a POSIX shell (XCU 2.2.2), whatever it holds. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
