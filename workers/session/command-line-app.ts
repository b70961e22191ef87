import { COMMAND_LINE_APP_ID, SIGN_IN_SEGMENT } from "../../shared/access/sessions/types.ts";
import type { Bindings } from "../platform/env.ts";
import { hubApp } from "./hub-app.ts";

/** The command line of people, described as an app. So people sign it in by the same hand-off as an app. */
export const commandLineApp = (bindings: Bindings) => ({
  ...hubApp(bindings),
  id: COMMAND_LINE_APP_ID,
  name: COMMAND_LINE_APP_ID,
  title: "the command line",
  segmentId: SIGN_IN_SEGMENT,
});

/** What the session of a command line says about who holds it. */
export const heldBy = (machine: string): string => `rustronaut on ${machine}`;
