import type { Addressed, AnyDocument } from "../../../../shared/node/config/object.ts";
import type { ObjectHash } from "../../../../shared/node/config/types.ts";
import type { Member, MeshEvent, MeshView } from "../../../../shared/node/mesh/view.ts";
import { CAPABILITY } from "../../../../shared/node/protocol/types.ts";
import type { Hold } from "../../../../shared/node/segment-mesh.ts";

/** What a segment's object has stored, in memory. */
export class Memory implements MeshView {
  readonly rows = new Map<string, Member>();
  readonly objects = new Map<ObjectHash, Addressed<AnyDocument>>();
  readonly holds = new Map<Hold["reason"], Hold>();
  /** Of the root under which the member's newest head stands. */
  readonly rootVersions = new Map<string, number>();
  readonly revoked: Extract<MeshEvent, { type: "revoked" }>[] = [];
  readonly #waiting = new Set<string>();
  revision = 0;
  rulesRevision = 0;
  lastCounter = 0;
  rules: string | null = null;
  base: string | null = null;

  apply(events: readonly MeshEvent[]): void {
    for (const event of events) this.#apply(event);
  }

  #apply(event: MeshEvent): void {
    switch (event.type) {
      case "stands": {
        const before = this.rows.get(event.node);
        const isMember = event.status === "approved";
        const { status, newest, floorMade } = event;
        const issue = isMember ? (before?.issue ?? null) : null;
        this.rows.set(event.node, {
          status,
          newest,
          floorMade,
          issue,
          handshakeAt: before?.handshakeAt ?? null,
          capability: CAPABILITY,
        });
        if (!isMember) this.#waiting.delete(event.node);
        break;
      }
      case "rules":
        this.rules = event.rules;
        this.rulesRevision = Math.max(this.rulesRevision, event.revision);
        break;
      case "stored":
        for (const object of event.objects) this.objects.set(object.hash, object);
        break;
      case "issued":
        this.lastCounter = event.tick.document.serial.counter;
        for (const { node, issue } of event.issues) {
          this.rows.set(node, { ...this.#row(node), issue });
          this.rootVersions.set(node, event.tick.document.serial.rootVersion);
        }
        break;
      case "revoked":
        this.revoked.push(event);
        break;
      case "waiting":
        for (const node of event.nodes) {
          if (event.isWaiting) this.#waiting.add(node);
          else this.#waiting.delete(node);
        }
        break;
      case "held":
        if (event.hold) this.holds.set(event.reason, event.hold);
        else this.holds.delete(event.reason);
        break;
      case "reached":
        this.revision = Math.max(this.revision, event.revision);
        this.base = event.base ?? this.base;
        break;
    }
  }

  #row(node: string): Member {
    const row = this.rows.get(node);
    if (!row) throw new Error(`${node} is no member`);
    return row;
  }

  member = (node: string): Member | null => this.rows.get(node) ?? null;
  members = (): string[] => [...this.rows.keys()];
  approved = (): string[] => this.members().filter((node) => this.#row(node).status === "approved");
  waiting = (): string[] => [...this.#waiting];
  hasObject = (hash: ObjectHash): boolean => this.objects.has(hash);
  document = <T extends AnyDocument>(hash: ObjectHash): T | null =>
    (this.objects.get(hash)?.document as T | undefined) ?? null;
}
