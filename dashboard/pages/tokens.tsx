import { PageHead } from "../components/page-head.tsx";
import { routeTo } from "../lib/router.ts";
import type { PageProps } from "../pages.ts";
import { ApiTokens, NewApiToken } from "./api-tokens.tsx";
import { Clients } from "./clients.tsx";
import { NewServiceToken, ServiceTokens } from "./service-tokens.tsx";

/** What each part is called, and what it is for. */
const PARTS = {
  apps: {
    title: "Service tokens",
    link: "service tokens",
    about: "Programs open apps with them. What they may open, policies say.",
    path: routeTo("tokens"),
  },
  api: {
    title: "API tokens",
    link: "API tokens",
    about:
      "They open this hub to the command line and to other programs, with the role that they were given.",
    path: routeTo("tokens", "api"),
  },
  clients: {
    title: "Programs of people",
    link: "programs of people",
    about:
      "They ask people for access to apps that take such programs (OAuth), such as MCP clients, and act there as the person.",
    path: routeTo("tokens", "clients"),
  },
} as const;

/** Credentials of programs: for apps, for the hub's own API, and by leave of people. */
export default function Tokens({ path: [section] }: PageProps) {
  const part = section === "api" || section === "clients" ? section : "apps";
  const { title, about } = PARTS[part];
  const others = Object.values(PARTS).filter((one) => one.title !== title);
  return (
    <>
      <PageHead title={title}>
        {others.map((other) => (
          <a key={other.path} className="button plain" href={other.path}>
            Show {other.link}
          </a>
        ))}
        {part === "api" && <NewApiToken />}
        {part === "apps" && <NewServiceToken />}
      </PageHead>
      <p className="muted">{about}</p>
      {part === "api" && <ApiTokens />}
      {part === "apps" && <ServiceTokens />}
      {part === "clients" && <Clients />}
    </>
  );
}
