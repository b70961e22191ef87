import { DurableObject } from "cloudflare:workers";

export class SegmentSessions extends DurableObject {}
