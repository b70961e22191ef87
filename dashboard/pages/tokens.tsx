import { PageHead } from "../components/page-head.tsx";
import { routeTo } from "../lib/router.ts";
import type { PageProps } from "../pages.ts";
import { ApiTokens, NewApiToken } from "./api-tokens.tsx";
import { NewServiceToken, ServiceTokens } from "./service-tokens.tsx";

/** Credentials of programs: for apps, and for the hub's own API. */
export default function Tokens({ path: [section] }: PageProps) {
  const forApi = section === "api";
  return (
    <>
      <PageHead title={forApi ? "API tokens" : "Service tokens"}>
        <a className="button plain" href={forApi ? routeTo("tokens") : routeTo("tokens", "api")}>
          {forApi ? "Show service tokens" : "Show API tokens"}
        </a>
        {forApi ? <NewApiToken /> : <NewServiceToken />}
      </PageHead>
      <p className="muted">
        {forApi
          ? "They open this hub to the command line and to other programs, with the role that they were given."
          : "Programs open apps with them. What they may open, policies say."}
      </p>
      {forApi ? <ApiTokens /> : <ServiceTokens />}
    </>
  );
}
