import { DurableObject } from "cloudflare:workers";

export class LoginAttempts extends DurableObject {}
