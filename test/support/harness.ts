import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import { createServer } from "node:net";
import { buildWorker } from "../../scripts/build-worker.ts";
import { DEMO_USERS, type DemoUser, startIdentityProvider } from "../../scripts/demo/identity-provider.ts";
import { type LocalResponse, localRequest } from "../../scripts/local/http.ts";
import { type Platform, startPlatform } from "../../scripts/local/platform.ts";
import { type RecordingUpstream, startUpstream } from "./upstream.ts";
