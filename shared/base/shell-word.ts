/** A text as one word of a POSIX shell (XCU 2.2.2), whatever characters it contains. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
