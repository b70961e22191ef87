import { run } from "./run.ts";

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The program that reads the pipe has closed it, because it needs no more output.
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

// Nobody reads the log any more. The agent goes on.
process.stderr.on("error", () => undefined);

// No top-level await: a single executable holds a CommonJS script.
void run(process.argv.slice(2)).then((code) => process.exit(code));
