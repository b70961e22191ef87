/** The forms post to these paths. */
export const SEND = "/.rustronaut/email/send";
export const CHECK = "/.rustronaut/email/check";
