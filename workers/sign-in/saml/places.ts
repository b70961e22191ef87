import type { Bindings } from "../../platform/env.ts";

/** The same for every provider, so that they are known before one is set up. */
export const SP_METADATA = "/.rustronaut/saml/metadata";
export const ACS = "/.rustronaut/saml/acs";

/** Our entity id: where our metadata are. */
export const entityIdOf = ({ authOrigin }: Bindings): string => authOrigin + SP_METADATA;

/** Where answers are posted to. */
export const recipientOf = ({ authOrigin }: Bindings): string => authOrigin + ACS;

/** The ID of the request of an attempt: an XML name that nobody can guess. */
export const requestIdOf = (nonce: string): string => `_${nonce}`;
