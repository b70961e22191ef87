import { createServer, type Server } from "node:http";

/**
 * Shows each request as the application received it, so that a person sees what the gateway added and
 * removed.
 */
export async function startEchoApp(port: number, title = "Echo"): Promise<Server> {
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    const text = JSON.stringify({ method, url, headers }, null, 2);
    if (!request.headers.accept?.includes("text/html")) {
      response.setHeader("content-type", "application/json").end(text);
      return;
    }
    response
      .setHeader("content-type", "text/html; charset=utf-8")
      .end(`<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${title}</title>
<style>body{font:16px system-ui;max-width:60rem;margin:3rem auto;padding:0 1rem}pre{overflow:auto;background:#8882;padding:1rem}</style>
<main><h1>${title}</h1><p>This application has no sign-in of its own. It saw:</p><pre id="request">${escapeHtml(text)}</pre></main></html>`);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return server;
}

const escapeHtml = (text: string) => text.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);
