import { SAML_ACS, SAML_METADATA } from "../../../shared/access/login/paths.ts";
import type { Bindings } from "../../platform/env.ts";

/** Our entity id: the address of our metadata. */
export const entityIdOf = ({ authOrigin }: Bindings): string => authOrigin + SAML_METADATA;

/** The address that answers are posted to. */
export const recipientOf = ({ authOrigin }: Bindings): string => authOrigin + SAML_ACS;

/** The ID of the request of an attempt: an XML name that nobody can guess. */
export const requestIdOf = (nonce: string): string => `_${nonce}`;
