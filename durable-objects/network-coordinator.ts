import { DurableObject } from "cloudflare:workers";

export class NetworkCoordinator extends DurableObject {}
