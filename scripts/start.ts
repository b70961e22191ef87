import { join } from "node:path";
import { printable, printableLines } from "../shared/base/printable.ts";
import { buildDashboard } from "./build-dashboard.ts";
import { buildDownloads } from "./build-downloads.ts";
import { buildWorker } from "./build-worker.ts";
import { startEchoApp } from "./demo/echo-app.ts";
import { DEMO_USERS, startIdentityProvider } from "./demo/identity-provider.ts";
import { startLiveApp } from "./demo/live-app.ts";
import { startMailbox } from "./demo/mailbox.ts";
import { demoNetwork, GUEST } from "./demo/network.ts";
import { startPrivateAgent } from "./demo/private-agent.ts";
import { applyNetwork, createNetwork, localClient } from "./local/admin.ts";
import { allowedHosts, OptionRefused } from "./local/allowed-hosts.ts";
import { endChildrenWithUs, whenNpmEnds } from "./local/end-together.ts";
import { prepareMesh } from "./local/mesh.ts";
import { startPlatform } from "./local/platform.ts";
import { loadState, StateInUse, saveState } from "./local/state.ts";

/**
 * `npm start [-- --fresh] [--port N] [--allow HOST:PORT]`: runs the whole product on this machine, with demo
 * applications to protect.
 */

const PORT = Number(option("--port") ?? process.env.PORT ?? 8787);
const PORTS = {
  gateway: PORT,
  provider: PORT + 1,
  echo: PORT + 2,
  live: PORT + 3,
  mail: PORT + 4,
  inside: PORT + 5,
};
const AUTH = `http://auth.localhost:${PORT}`;
const HUB = `http://hub.localhost:${PORT}`;
const CLIENT_ID = "rustronaut-demo";
const AGENT = "demo-agent";

process.on("uncaughtException", (error: NodeJS.ErrnoException) => {
  if (error instanceof StateInUse || error instanceof OptionRefused) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
  if (error.code !== "EADDRINUSE" && error.code !== "ERR_ADDRESS_IN_USE") throw error;
  process.stderr.write(
    `Port ${(error as { port?: number }).port ?? PORT} is taken. Stop what uses it, or choose others: npm start -- --port 9000\n`,
  );
  process.exit(1);
});

endChildrenWithUs();
const allowed = allowedHosts(process.argv);
let state = loadState(process.argv.includes("--fresh"));
await buildWorker();
await buildDashboard();
await buildDownloads();

const provider = await startIdentityProvider({
  port: PORTS.provider,
  authOrigin: AUTH,
  clientId: CLIENT_ID,
  clientSecret: state.clientSecret,
});
await startEchoApp(PORTS.echo);
await startLiveApp(PORTS.live);
await startEchoApp(PORTS.inside, "Inside");
const mailbox = await startMailbox(PORTS.mail, ({ to, subject, text }) => {
  process.stdout.write(
    `\n── Mail to ${printable(to.join(", "))}: ${printable(subject)}\n${printableLines(text)}──\n`,
  );
});
const platform = await startPlatform({
  mailUrl: mailbox.url,
  port: PORTS.gateway,
  persistTo: join(state.folder, "data"),
  authOrigin: AUTH,
  hubOrigin: HUB,
  secretKey: state.secretKey,
  bootstrapToken: state.bootstrapToken,
  publicNetworkOnly: true,
  developmentHosts: [
    ...[PORTS.provider, PORTS.echo, PORTS.live, PORTS.mail].map((port) => `127.0.0.1:${port}`),
    ...allowed,
  ],
});

const isNew = state.adminToken === null;
state = state.adminToken
  ? state
  : saveState({
      ...state,
      adminToken: await createNetwork(HUB, state.bootstrapToken, "demo", "alice@example.com"),
    });
const client = localClient(HUB, state.adminToken ?? "");
if (isNew) {
  await applyNetwork(
    client,
    demoNetwork({
      issuer: provider.issuer,
      clientId: CLIENT_ID,
      clientSecret: state.clientSecret,
      echo: { host: "echo.localhost", upstream: `http://127.0.0.1:${PORTS.echo}` },
      live: { host: "live.localhost", upstream: `http://127.0.0.1:${PORTS.live}` },
      inside: { host: "inside.localhost", upstream: `http://127.0.0.1:${PORTS.inside}`, agent: AGENT },
    }),
  );
}
const enrolmentKey = state.enrolmentKey ?? (await prepareMesh(client, state.folder, "demo"));
state = saveState({ ...state, enrolmentKey });
// The gateway can't reach this app: its port is not among the development hosts. Only the agent dials it.
const agent = await startPrivateAgent({
  hub: HUB,
  enrolmentKey,
  folder: join(state.folder, "agent"),
  name: AGENT,
  dial: `127.0.0.1:${PORTS.inside}`,
});

process.stdout.write(`
Rustronaut is running${isNew ? " (a new network was created)" : ""}.

  Echo        http://echo.localhost:${PORT}    shows what the app is told
  Live        http://live.localhost:${PORT}    a WebSocket and an event stream
  Inside      http://inside.localhost:${PORT}  a private app${agent ? "; its agent opens no port" : "; its agent needs Node.js 22.23 or 24"}
  Dashboard   ${HUB}
  Your apps   ${AUTH}

  Sign in as  ${DEMO_USERS.map(({ name, email, groups }) => `${name} (${email}, ${groups.join(", ")})`).join("\n              ")}
              ${GUEST.name} (${GUEST.email}, by a code shown here)
  API token   ${state.adminToken}
  Keys        http://127.0.0.1:${PORT}/.well-known/rustronaut/jwks.json
              for programs that verify assertions

Sign the command line in, in another terminal, as Alice, who owns this network:
       npx rustronaut login ${HUB}

Try next
${tips()
  .map((tip, at) => `  ${at + 1}. ${tip}`)
  .join("\n")}
`);

const stop = () => platform.stop().finally(() => process.exit(0));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
whenNpmEnds(stop);

/** What to try, one's own application first if one was named. */
function tips(): string[] {
  const machines = `sudo npm run machines -- ${enrolmentKey}${PORT === 8787 ? "" : ` --port ${PORT}`}`;
  const tips = [
    `Open Echo and sign in as Alice. Then open Live, end her sessions, and watch
     it end at once:
       npx rustronaut sessions kill --user alice@example.com`,
    `Ask what a policy would say, before anybody tries:
       npx rustronaut policy test --user bob@example.com --app echo --path /admin`,
    `Connect two machines made of network namespaces (real ones: docs/nodes.md):
       ${machines}
       npx rustronaut nodes list`,
    "npm start -- --fresh  begins anew.  Ctrl+C stops.",
  ];
  const [first] = allowed;
  if (!first) return ["Protect an application of your own:  npm start -- --allow 127.0.0.1:3000", ...tips];
  return [
    `Protect your application at ${first} (all who sign in get in):
       npx rustronaut apps create mine --host mine.localhost \\
         --segment demo --upstreams http://${first}
       echo 'permit (principal is User, action, resource == App::"mine");' |
         npx rustronaut policies create mine --source-file -
     Then open http://mine.localhost:${PORT}`,
    ...tips,
  ];
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}
