/** The actions of `session` and `login` events that the statistics count. */
export const SESSION_START = "session.start";
export const SESSION_END = "session.end";
