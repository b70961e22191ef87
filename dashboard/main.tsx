import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/components.css";
import "./styles/forms.css";
import "./styles/mesh.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { prefetch, queryClient } from "./api.ts";
import { hasUnsaved } from "./lib/leaving.ts";
import { parseRoute } from "./lib/router.ts";
import { applyTheme } from "./lib/theme.ts";
import { PAGES } from "./pages.ts";
import { Shell } from "./shell.tsx";

applyTheme();
addEventListener("beforeunload", (event) => {
  if (hasUnsaved()) event.preventDefault();
});
// The hub is asked who this is, and for the page's code, before anything is drawn. What fails here fails again where it can
// be shown.
void prefetch("me.get", {});
const [first = "overview"] = parseRoute(location.hash);
PAGES.find((page) => page.id === first)
  ?.code.load()
  .catch(() => undefined);

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <Shell />
    </QueryClientProvider>
  </StrictMode>,
);
