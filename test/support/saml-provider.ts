import { createServer } from "node:http";
import { type Certified, certified } from "./certificate.ts";
import { closeServer } from "./harness.ts";
import {
  idpMetadata,
  type ParsedRequest,
  type ResponseOptions,
  readRequest,
  samlResponse,
} from "./saml-response.ts";

export interface SamlProviderFixture {
  readonly origin: string;
  readonly entityId: string;
  key: Certified;
  /** Whom it signs in, without asking, and what it does otherwise than it should. */
  change: Partial<ResponseOptions>;
  /** The newest request, as samlify read it. */
  asked: ParsedRequest | null;
  metadata(): string;
  close(): void;
}

/** A SAML identity provider over HTTP; samlify reads our requests and signs the answers. */
export async function startSamlProvider(port: number, audience: string): Promise<SamlProviderFixture> {
  const origin = `http://127.0.0.1:${port}`;
  const provider: SamlProviderFixture = {
    origin,
    entityId: `${origin}/metadata`,
    key: certified(),
    change: {},
    asked: null,
    metadata: () => idpMetadata(provider.entityId, provider.key, `${origin}/sso`),
    close: () => closeServer(server),
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", origin);
    const work = url.pathname === "/sso" ? signIn(url) : Promise.resolve(provider.metadata());
    work.then(
      (body) => response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(body),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return provider;

  async function signIn({ searchParams }: URL): Promise<string> {
    const query = { SAMLRequest: searchParams.get("SAMLRequest") ?? "" };
    provider.asked = await readRequest(query, provider.entityId, provider.key);
    const xml = await samlResponse({
      entityId: provider.entityId,
      audience,
      recipient: provider.asked.request.assertionConsumerServiceUrl,
      requestId: provider.asked.request.id,
      now: Date.now(),
      key: provider.key,
      nameId: "erin@corp.example",
      format: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
      attributes: { groups: ["sales"], displayName: ["Erin"] },
      signs: "assertion",
      algorithm: "sha256",
      edit: (same) => same,
      ...provider.change,
    });
    const field = (name: string, value: string) => `<input type="hidden" name="${name}" value="${value}"/>`;
    const encoded = Buffer.from(xml).toString("base64");
    return `<form method="post" action="${provider.asked.request.assertionConsumerServiceUrl}">${field("SAMLResponse", encoded)}${field("RelayState", searchParams.get("RelayState") ?? "")}<button>Continue</button></form>`;
  }
}
