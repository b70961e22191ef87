export const PASSKEYS = "/.rustronaut/passkeys";
export const REGISTER = `${PASSKEYS}/register`;
export const PROVE = `${PASSKEYS}/prove`;
export const REMOVE = `${PASSKEYS}/remove`;
/** Signs the person in again, and leads back to `PASSKEYS`. */
export const SIGN_IN_AGAIN = `${PASSKEYS}/sign-in`;
