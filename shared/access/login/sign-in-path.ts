/** On every app's host: the path that begins a sign-in when nothing else leads to one. */
export const SIGN_IN_PATH = "/.rustronaut/sign-in";

/** Names, in the query of `SIGN_IN_PATH`, the attempt of a chain that the browser comes for. */
export const CHAIN = "chain";
