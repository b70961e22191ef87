export { chainPage } from "./chain-page.ts";
export { clientAnsweredPage, clientConsentPage } from "./client-pages.ts";
export { commandLineDonePage, commandLinePage, deviceCodePage } from "./command-line-pages.ts";
export { continuePage } from "./continue-page.ts";
export { deniedPage } from "./denied-page.ts";
export { deviceProofPage } from "./device-proof-page.ts";
export { addressPage, codePage, onwardPage } from "./email-pages.ts";
export { errorPage } from "./error-page.ts";
export {
  type AnswerPage,
  answerPage,
  askPage,
  type GrantPage,
  grantsPage,
  ownGrantPage,
} from "./grant-pages.ts";
export { launcherPage } from "./launcher-page.ts";
export { continueParkedPage, parkedPage } from "./parked-pages.ts";
export { type PasskeyForm, passkeysPage } from "./passkey-pages.ts";
export { htmlResponse } from "./response.ts";
export { signInPage } from "./sign-in-page.ts";
export { confirmSignOutPage, signedOutPage } from "./sign-out-pages.ts";
export { stepUpPage } from "./step-up-page.ts";
