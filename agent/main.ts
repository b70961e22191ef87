import { run } from "./run.ts";

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The reader of the pipe has seen enough.
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

// Nobody reads the log any more: the agent goes on.
process.stderr.on("error", () => undefined);

// No top-level await: a single executable holds a CommonJS script.
void run(process.argv.slice(2)).then((code) => process.exit(code));
