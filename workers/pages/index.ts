export { commandLineDonePage, commandLinePage, deviceCodePage } from "./command-line-pages.ts";
export { continuePage } from "./continue-page.ts";
export { deniedPage } from "./denied-page.ts";
export { addressPage, codePage, onwardPage } from "./email-pages.ts";
export { errorPage } from "./error-page.ts";
export { launcherPage } from "./launcher-page.ts";
export { htmlResponse } from "./response.ts";
export { signInPage } from "./sign-in-page.ts";
export { confirmSignOutPage, signedOutPage } from "./sign-out-pages.ts";
