/** Where the forms post. */
export const SEND = "/.rustronaut/email/send";
export const CHECK = "/.rustronaut/email/check";
