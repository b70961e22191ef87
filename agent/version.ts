/** The version of the agent. It equals the package's version. */
export const VERSION = "0.1.0";
