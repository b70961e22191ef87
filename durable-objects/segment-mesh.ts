import { DurableObject } from "cloudflare:workers";

interface Environment {
  readonly DB: D1Database;
  readonly SECRET_KEY: string;
}

export class SegmentMesh extends DurableObject<Environment> {
  async refresh(_revision: number): Promise<void> {}
}
