#!/usr/bin/env node
// Plain JavaScript on purpose: this file must start under any Node that npm itself runs on. The rest of the
// command line is TypeScript and needs a Node that strips types, which `npm install` brought along.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { builtPath } from "./built.js";

const built = builtPath();
const main = existsSync(built) ? pathToFileURL(built) : new URL("./main.ts", import.meta.url);
const bundledNode = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));

// What Node calls experimental we tested: a person can do nothing about it, and it would stand above their answer.
const QUIET = "ExperimentalWarning";

if (process.features.typescript) {
  const print = process.listeners("warning");
  process.removeAllListeners("warning");
  process.on("warning", (warning) => {
    if (warning.name !== QUIET) for (const each of print) each.call(process, warning);
  });
  await import(main.href);
} else if (existsSync(bundledNode)) {
  const words = [`--disable-warning=${QUIET}`, fileURLToPath(main), ...process.argv.slice(2)];
  const child = spawn(bundledNode, words, { stdio: "inherit" });
  // The terminal sends SIGINT to both of us; the other signals reach only this process.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === "SIGINT" ? 130 : 143);
  });
} else {
  console.error(
    `rustronaut needs Node 22.18 or newer (this is ${process.version}). Run \`npm install\` here, which brings one, or update Node.`,
  );
  process.exitCode = 1;
}
