/** Paths of the auth host that an administrator needs to set up an identity provider. */
export const CALLBACK = "/.rustronaut/callback";
export const BACKCHANNEL_LOGOUT = "/.rustronaut/backchannel-logout";
/** The page that asks the agent for a proof of the device posts it to this path. */
export const DEVICE_PROOF = "/.rustronaut/device-proof";
/** A SAML provider posts its answer to this path. */
export const SAML_ACS = "/.rustronaut/saml/acs";
/** The path of our SAML metadata. The full address is our entity id. */
export const SAML_METADATA = "/.rustronaut/saml/metadata";
