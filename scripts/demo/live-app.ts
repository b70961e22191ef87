import { createServer, type Server } from "node:http";
import { WebSocketServer } from "ws";

/** A page that keeps a WebSocket and an event stream open. It shows that both end when a session ends. */
export async function startLiveApp(port: number): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url === "/events") return streamEvents(response);
    response.setHeader("content-type", "text/html; charset=utf-8").end(PAGE);
  });
  const sockets = new WebSocketServer({ server, path: "/socket" });
  sockets.on("connection", (socket) => {
    socket.send("hello");
    socket.on("message", (message, isBinary) => socket.send(message, { binary: isBinary }));
    const timer = setInterval(() => socket.send(`tick ${new Date().toISOString()}`), 1_000);
    socket.on("close", () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return server;
}

function streamEvents(response: import("node:http").ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  let count = 0;
  const send = () => response.write(`id: ${count}\ndata: event ${count++}\n\n`);
  send();
  const timer = setInterval(send, 1_000);
  response.on("close", () => clearInterval(timer));
}

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Live</title>
<style>body{font:16px system-ui;max-width:40rem;margin:3rem auto;padding:0 1rem}dt{font-weight:600}</style>
<main><h1>Live</h1><dl><dt>WebSocket</dt><dd id="socket">connecting</dd><dt>Event stream</dt><dd id="events">connecting</dd></dl></main>
<script>
const show = (id, text) => { document.getElementById(id).textContent = text; };
window.cuts = {};
const socket = new WebSocket(location.origin.replace("http", "ws") + "/socket");
socket.onmessage = (event) => show("socket", event.data);
socket.onclose = (event) => { window.cuts.socket = { at: Date.now(), code: event.code }; show("socket", "closed with " + event.code); };
const events = new EventSource("/events");
events.onmessage = (event) => show("events", event.data);
events.onerror = () => { window.cuts.events ??= { at: Date.now() }; show("events", "cut"); events.close(); };
</script></html>`;
