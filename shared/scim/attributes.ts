/** What an attribute of a resource is (RFC 7643 §7). The discovery, the checks, filters and patches read these. */
export interface Attribute {
  readonly name: string;
  readonly type: "string" | "boolean" | "dateTime" | "reference" | "complex";
  readonly description: string;
  readonly multiValued: boolean;
  readonly required: boolean;
  /** Whether `A` and `a` are different values. */
  readonly caseExact: boolean;
  readonly mutability: "readWrite" | "readOnly" | "immutable" | "writeOnly";
  readonly returned: "always" | "default" | "request" | "never";
  readonly uniqueness: "none" | "server";
  readonly subAttributes: readonly Attribute[];
  readonly canonicalValues?: readonly string[];
  readonly referenceTypes?: readonly string[];
}

type Given = Partial<Omit<Attribute, "name" | "description">>;

const attribute = (name: string, description: string, given: Given = {}): Attribute => ({
  name,
  type: "string",
  description,
  multiValued: false,
  required: false,
  caseExact: false,
  mutability: "readWrite",
  returned: "default",
  uniqueness: "none",
  subAttributes: [],
  ...given,
});

const complex = (
  name: string,
  description: string,
  subAttributes: readonly Attribute[],
  given: Given = {},
): Attribute => attribute(name, description, { type: "complex", subAttributes, ...given });

/** A list of values, each with a type such as `work`, of which one is the primary one (RFC 7643 §2.4). */
const plural = (
  name: string,
  description: string,
  canonicalValues: readonly string[],
  value: Given = {},
): Attribute =>
  complex(
    name,
    description,
    [
      attribute("value", "The value itself.", value),
      attribute("display", "The value for people."),
      attribute("type", "What the value is for.", { canonicalValues }),
      attribute("primary", "Whether this is the value to take.", { type: "boolean" }),
    ],
    { multiValued: true },
  );

const PLACES = ["work", "home", "other"];

export const USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User";
export const ENTERPRISE_SCHEMA = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
export const GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group";

/** Attributes of every resource (RFC 7643 §3.1). They belong to no schema, so the discovery doesn't list them. */
export const COMMON: readonly Attribute[] = [
  attribute("schemas", "The schemas of the resource.", {
    type: "reference",
    multiValued: true,
    caseExact: true,
    returned: "always",
  }),
  attribute("id", "The id that we gave.", {
    caseExact: true,
    mutability: "readOnly",
    returned: "always",
    uniqueness: "server",
  }),
  attribute("externalId", "The id that the provider gave.", { caseExact: true }),
  complex(
    "meta",
    "About the resource.",
    [
      attribute("resourceType", "What it is.", { caseExact: true, mutability: "readOnly" }),
      attribute("created", "When it was made.", { type: "dateTime", mutability: "readOnly" }),
      attribute("lastModified", "When it was changed.", { type: "dateTime", mutability: "readOnly" }),
      attribute("location", "Where it is.", { type: "reference", caseExact: true, mutability: "readOnly" }),
      attribute("version", "Its ETag.", { caseExact: true, mutability: "readOnly" }),
    ],
    { mutability: "readOnly" },
  ),
];

export const USER_ATTRIBUTES: readonly Attribute[] = [
  attribute("userName", "The name by which the provider knows the person.", {
    required: true,
    uniqueness: "server",
  }),
  complex("name", "The parts of the person's name.", [
    attribute("formatted", "The whole name."),
    attribute("familyName", "The family name."),
    attribute("givenName", "The given name."),
    attribute("middleName", "The middle names."),
    attribute("honorificPrefix", "What stands before the name."),
    attribute("honorificSuffix", "What stands after the name."),
  ]),
  attribute("displayName", "The name for people."),
  attribute("nickName", "How the person is called."),
  attribute("profileUrl", "A page about the person.", {
    type: "reference",
    caseExact: true,
    referenceTypes: ["external"],
  }),
  attribute("title", "The person's title, such as Vice President."),
  attribute("userType", "How the person belongs to the organization."),
  attribute("preferredLanguage", "The person's language."),
  attribute("locale", "How dates and numbers are written for the person."),
  attribute("timezone", "The person's time zone."),
  attribute("active", "Whether the person may sign in.", { type: "boolean" }),
  attribute("password", "It is taken and forgotten: nobody signs in here by a password.", {
    caseExact: true,
    mutability: "writeOnly",
    returned: "never",
  }),
  plural("emails", "Addresses. The primary one is the person's here.", PLACES),
  plural("phoneNumbers", "Telephone numbers.", [...PLACES, "mobile", "fax", "pager"]),
  complex(
    "addresses",
    "Postal addresses.",
    [
      attribute("formatted", "The whole address."),
      attribute("streetAddress", "The street and number."),
      attribute("locality", "The place."),
      attribute("region", "The region."),
      attribute("postalCode", "The postal code."),
      attribute("country", "The country."),
      attribute("type", "What the address is for.", { canonicalValues: PLACES }),
      attribute("primary", "Whether this is the address to take.", { type: "boolean" }),
    ],
    { multiValued: true },
  ),
  complex(
    "groups",
    "The provider's groups with the person. A change of a group changes them.",
    [
      attribute("value", "The group's id.", { caseExact: true, mutability: "readOnly" }),
      attribute("$ref", "Where the group is.", {
        type: "reference",
        caseExact: true,
        mutability: "readOnly",
        referenceTypes: ["Group"],
      }),
      attribute("display", "The group's name.", { mutability: "readOnly" }),
    ],
    { multiValued: true, mutability: "readOnly" },
  ),
  plural("roles", "Roles at the provider. They give no role here.", []),
];

export const ENTERPRISE_ATTRIBUTES: readonly Attribute[] = [
  attribute("employeeNumber", "The person's number."),
  attribute("costCenter", "The cost centre."),
  attribute("organization", "The organization."),
  attribute("division", "The division."),
  attribute("department", "The department."),
  complex("manager", "The person's manager.", [
    attribute("value", "The manager's id.", { caseExact: true }),
    attribute("$ref", "Where the manager is.", {
      type: "reference",
      caseExact: true,
      referenceTypes: ["User"],
    }),
    attribute("displayName", "The manager's name.", { mutability: "readOnly" }),
  ]),
];

export const GROUP_ATTRIBUTES: readonly Attribute[] = [
  attribute("displayName", "The group's name at the provider.", { required: true, uniqueness: "server" }),
  complex(
    "members",
    "The people in the group. Others, such as groups, are left out.",
    [
      attribute("value", "The person's id.", { caseExact: true, mutability: "immutable", required: true }),
      attribute("$ref", "Where the person is.", {
        type: "reference",
        caseExact: true,
        mutability: "immutable",
        referenceTypes: ["User"],
      }),
      attribute("display", "The person's address.", { mutability: "readOnly" }),
      attribute("type", "What the member is.", { mutability: "immutable", canonicalValues: ["User"] }),
    ],
    { multiValued: true },
  ),
];

/** A kind of resource (RFC 7643 §6). */
export interface ResourceType {
  readonly name: "User" | "Group";
  readonly endpoint: "/Users" | "/Groups";
  readonly description: string;
  readonly schema: string;
  readonly attributes: readonly Attribute[];
  /** The further schemas. In a resource, their attributes are in an object under the schema's name. */
  readonly extensions: readonly { readonly schema: string; readonly attributes: readonly Attribute[] }[];
}

export const USER: ResourceType = {
  name: "User",
  endpoint: "/Users",
  description: "A person whom the provider lets in",
  schema: USER_SCHEMA,
  attributes: USER_ATTRIBUTES,
  extensions: [{ schema: ENTERPRISE_SCHEMA, attributes: ENTERPRISE_ATTRIBUTES }],
};

export const GROUP: ResourceType = {
  name: "Group",
  endpoint: "/Groups",
  description: "A group of the provider's people",
  schema: GROUP_SCHEMA,
  attributes: GROUP_ATTRIBUTES,
  extensions: [],
};

/** A resource as its provider sees it: attributes by their names, those of an extension below its schema. */
export type Resource = Readonly<Record<string, unknown>>;

/** Names of attributes and schemas are the same in upper and lower case (RFC 7643 §2.1). */
export const named = (attributes: readonly Attribute[], name: string): Attribute | undefined =>
  attributes.find((one) => one.name.toLowerCase() === name.toLowerCase());
