import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Need } from "../../support/needs.ts";

/** How the recipes of `docs/recipes` are started, as their texts tell a reader to. */

const RECIPES = resolve(import.meta.dirname, "../../../docs/recipes");

/** What a recipe is told, in its environment or in its configuration file. */
export interface Place {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: string;
  /** The same by TLS, with a certificate of the test's own. */
  readonly keysByTls: string;
  /** The app's origin as browsers see it. */
  readonly origin: string;
  /** Where the recipe listens. */
  readonly port: number;
  /** Where the verifier listens that a proxy asks. */
  readonly verifierPort: number;
  /** Where the application behind a proxy listens. */
  readonly appPort: number;
}

export interface Recipe {
  readonly name: string;
  readonly needs: readonly Need[];
  /** It verifies in front of an application, which is a recording upstream. Otherwise it is the application. */
  readonly isProxy: boolean;
  /** What `docs/verify-assertion.md` says that it does not look at. */
  readonly leavesOut: readonly ("replay" | "long URL" | "type" | "future")[];
  /** The recipe's own process comes last. */
  start(place: Place): ChildProcess[];
}

export const RECIPE_LIST: readonly Recipe[] = [
  {
    name: "node",
    needs: [],
    isProxy: false,
    leavesOut: [],
    start: (place) => [node("app.js", place)],
  },
  {
    name: "python",
    needs: ["python-jwt"],
    isProxy: false,
    leavesOut: ["replay"],
    start: (place) => [run("/usr/bin/python3", [join(RECIPES, "python/app.py")], place)],
  },
  {
    name: "go",
    needs: ["go"],
    isProxy: false,
    leavesOut: ["replay"],
    start: (place) => {
      const program = join(freshFolder(), "hello");
      const cwd = join(RECIPES, "go");
      execFileSync("go", ["build", "-o", program, "."], {
        cwd,
        env: {
          ...process.env,
          HOME: "/root",
          GOFLAGS: "-buildvcs=false",
          GOTOOLCHAIN: "local",
          GOPROXY: "off",
        },
      });
      return [run(program, [], place)];
    },
  },
  {
    name: "nginx",
    needs: ["nginx"],
    isProxy: true,
    leavesOut: [],
    start: (place) => {
      const folder = freshFolder();
      const site = filled("nginx/rustronaut.conf", place, {
        "listen 8080": `listen 127.0.0.1:${place.port}`,
      });
      const http = `daemon off; pid ${folder}/pid; error_log ${folder}/error.log; events {}
http { access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
${site} }`;
      writeFileSync(join(folder, "nginx.conf"), http);
      const started = run(
        "nginx",
        ["-p", folder, "-e", `${folder}/error.log`, "-c", `${folder}/nginx.conf`],
        place,
      );
      return [node("verifier.js", { ...place, port: place.verifierPort }), started];
    },
  },
  {
    name: "caddy",
    needs: ["caddy"],
    isProxy: true,
    leavesOut: [],
    start: (place) => {
      const folder = freshFolder();
      const site = filled("caddy/Caddyfile", place, { ":8080 {": `http://127.0.0.1:${place.port} {` });
      writeFileSync(join(folder, "Caddyfile"), `{\n\tadmin off\n\tauto_https off\n}\n${site}`);
      const args = ["run", "--adapter", "caddyfile", "--config", join(folder, "Caddyfile")];
      const started = run("caddy", args, place, {
        HOME: folder,
        XDG_DATA_HOME: folder,
        XDG_CONFIG_HOME: folder,
      });
      return [node("verifier.js", { ...place, port: place.verifierPort }), started];
    },
  },
  {
    name: "apache",
    needs: ["apache-openidc"],
    isProxy: true,
    leavesOut: ["replay", "long URL", "type", "future"],
    start: (place) => {
      const folder = freshFolder();
      const site = filled("apache/rustronaut.conf", place, {
        "ISSUER   https://auth.example.com": `ISSUER ${place.issuer}`,
        "AUDIENCE app_": `AUDIENCE ${place.audience}`,
        "KEYS     https://wiki.apps.example.com/.well-known/rustronaut/jwks.json": `KEYS ${place.keysByTls}`,
        "ORIGIN   https://wiki.apps.example.com": `ORIGIN ${place.origin}`,
        "Listen 8080": `Listen 127.0.0.1:${place.port}`,
        "*:8080": `127.0.0.1:${place.port}`,
      });
      writeFileSync(join(folder, "apache.conf"), `${apacheBase(folder)}\n${site}`);
      return [run("apache2", ["-X", "-f", join(folder, "apache.conf")], place)];
    },
  },
];

/** What Debian's own files say around the recipe. The test's keys come with a certificate that nobody knows. */
const apacheBase = (folder: string) =>
  `ServerRoot /usr/lib/apache2
ServerName recipe.example
PidFile ${folder}/pid
DefaultRuntimeDir ${folder}
Mutex file:${folder}
ErrorLog ${folder}/error.log
LoadModule auth_openidc_module modules/mod_auth_openidc.so
OIDCSSLValidateServer Off
OIDCOAuthSSLValidateServer Off
${[
  "mpm_event",
  "authn_core",
  "authz_core",
  "authz_user",
  "headers",
  "expires",
  "proxy",
  "proxy_http",
  "auth_openidc",
]
  .map((name) => `LoadModule ${name}_module modules/mod_${name}.so`)
  .join("\n")}`;

/** A file of a recipe with the test's own places in place of its examples. Each must be there. */
function filled(file: string, place: Place, more: Readonly<Record<string, string>>): string {
  const places = {
    "127.0.0.1:3000": `127.0.0.1:${place.appPort}`,
    ...(file.startsWith("apache") ? {} : { "127.0.0.1:9001": `127.0.0.1:${place.verifierPort}` }),
    ...more,
  };
  return Object.entries(places).reduce(
    (text, [example, real]) => {
      if (!text.includes(example)) throw new Error(`${file} says nothing of ${example}`);
      return text.replaceAll(example, real);
    },
    readFileSync(join(RECIPES, file), "utf8"),
  );
}

const node = (file: string, place: Place) => run(process.execPath, [join(RECIPES, "node", file)], place);

function run(
  program: string,
  args: readonly string[],
  place: Place,
  env: Record<string, string> = {},
): ChildProcess {
  return spawn(program, args, {
    stdio: process.env.RECIPE_LOG ? "inherit" : "ignore",
    env: {
      ...process.env,
      RUSTRONAUT_ISSUER: place.issuer,
      RUSTRONAUT_AUDIENCE: place.audience,
      RUSTRONAUT_KEYS: place.keys,
      RUSTRONAUT_ORIGIN: place.origin,
      PORT: String(place.port),
      PYTHONDONTWRITEBYTECODE: "1",
      ...env,
    },
  });
}

/** Waits until something listens. */
export async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    const answered = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await pause(25);
  }
  throw new Error(`nothing listens on ${port}`);
}

const freshFolder = () => mkdtempSync(join(tmpdir(), "rn-recipe-"));
