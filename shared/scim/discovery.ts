import { type Attribute, GROUP, type Resource, type ResourceType, USER } from "./attributes.ts";

/** What a client learns about this service provider before it begins (RFC 7643 §5 to §7, RFC 7644 §4). */

/** The most resources on one page. */
export const MAX_PAGE = 200;

export const RESOURCE_TYPES: readonly ResourceType[] = [USER, GROUP];

const CORE = "urn:ietf:params:scim:schemas:core:2.0";

const DESCRIPTIONS: Readonly<Record<string, readonly [name: string, description: string]>> = {
  [USER.schema]: ["User", "A person"],
  [GROUP.schema]: ["Group", "A group of people"],
};

export const serviceProviderConfig = (base: string): Resource => ({
  schemas: [`${CORE}:ServiceProviderConfig`],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: MAX_PAGE },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: true },
  authenticationSchemes: [
    {
      type: "oauthbearertoken",
      name: "SCIM token",
      description: "The token that the dashboard shows once, on the page of the identity provider.",
      specUri: "https://www.rfc-editor.org/info/rfc6750",
      primary: true,
    },
  ],
  meta: {
    resourceType: "ServiceProviderConfig",
    location: `${base}/ServiceProviderConfig`,
  },
});

export const resourceTypes = (base: string): Resource[] =>
  RESOURCE_TYPES.map(({ name, endpoint, description, schema, extensions }) => ({
    schemas: [`${CORE}:ResourceType`],
    id: name,
    name,
    endpoint,
    description,
    schema,
    schemaExtensions: extensions.map((one) => ({ schema: one.schema, required: false })),
    meta: { resourceType: "ResourceType", location: `${base}/ResourceTypes/${name}` },
  }));

export function schemas(base: string): Resource[] {
  const all = RESOURCE_TYPES.flatMap(({ schema, attributes, extensions }) => [
    { schema, attributes },
    ...extensions,
  ]);
  return all.map(({ schema, attributes }) => {
    const [name, description] = DESCRIPTIONS[schema] ?? [
      "EnterpriseUser",
      "What an organization knows of a person",
    ];
    return {
      schemas: [`${CORE}:Schema`],
      id: schema,
      name,
      description,
      attributes: attributes.map(definitionOf),
      meta: { resourceType: "Schema", location: `${base}/Schemas/${schema}` },
    };
  });
}

function definitionOf(attribute: Attribute): Resource {
  const { subAttributes, ...rest } = attribute;
  return {
    ...rest,
    ...(attribute.type === "complex" ? { subAttributes: subAttributes.map(definitionOf) } : {}),
  };
}

/** A page of resources (RFC 7644 §3.4.2). */
export const listResponse = (resources: readonly Resource[], totalResults: number, startIndex: number) => ({
  schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
  totalResults,
  startIndex,
  itemsPerPage: resources.length,
  Resources: resources,
});
