import { DurableObject } from "cloudflare:workers";

export class AuditLog extends DurableObject {}
