/**
 * Our Cedar schema: everything that a policy may refer to. Policies are strictly validated against the schema
 * when they are published.
 */
export const CEDAR_SCHEMA = `
entity Group in [Group];
entity User in [Group] = { id: String, email: String, emailVerified: Bool, name: String };
entity ServiceToken in [Group] = { id: String, name: String, claims: Set<String> };
entity Anonymous;
entity Device;
entity Segment = { name: String };
entity App in [Segment] = { name: String, tags: Set<String>, segment: Segment };

type Version = { text: String, major: Long, minor: Long, patch: Long };
type Claims = {
  age: Long, os: String, osVersion: Version, agentVersion: Version,
  diskEncrypted: Bool, firewallEnabled: Bool, screenLock: Bool,
  checks: Set<String>
};
type Context = {
  request: { method: String, host: String, path: String },
  network: { ip?: ipaddr, country?: String, asn?: Long, certificate?: { fingerprint: String, subject: String, issuer: String, serial: String } },
  authentication?: { provider: String, acr?: String, amr: Set<String>, age: Long },
  device?: {
    name: String, isOwned: Bool, proofAge: Long, sameAddress: Bool, claims: Claims, stated: Set<String>
  },
  client?: { id: String, isRegistered: Bool },
  mcp?: { method: String, tool?: String },
  risk: Long,
  time: { now: datetime, hour: Long, weekday: Long },
};

action access;
action read, write, delete, connect in [access]
  appliesTo { principal: [User, ServiceToken, Device, Anonymous], resource: [App], context: Context };
`;
