import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/components.css";
import "./styles/forms.css";
import "./styles/mesh.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api.ts";
import { hasUnsaved } from "./lib/leaving.ts";
import { parseRoute } from "./lib/router.ts";
import { applyTheme } from "./lib/theme.ts";
import { PAGES } from "./pages.ts";
import { Shell } from "./shell.tsx";

applyTheme();
addEventListener("beforeunload", (event) => {
  if (hasUnsaved()) event.preventDefault();
});
// The page's code comes while the hub is asked who this is. What fails here fails again where it can be shown.
const [first = "overview"] = parseRoute(location.hash);
PAGES.find((page) => page.id === first)
  ?.component.load()
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
