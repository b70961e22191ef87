/** Paths of the auth host that whoever sets up an identity provider must know. */
export const CALLBACK = "/.rustronaut/callback";
export const BACKCHANNEL_LOGOUT = "/.rustronaut/backchannel-logout";
/** Where a SAML provider posts its answer to. */
export const SAML_ACS = "/.rustronaut/saml/acs";
/** Our SAML metadata; the address is our entity id. */
export const SAML_METADATA = "/.rustronaut/saml/metadata";
