import type { AnyDocument } from "../../shared/node/config/object.ts";
import type { ObjectHash } from "../../shared/node/config/types.ts";
import type { Member, MeshEvent, MeshView } from "../../shared/node/mesh/view.ts";
import { raiseMeta, readMeta } from "../storage/meta.ts";
import { HoldStore } from "./hold-store.ts";
import { MemberStore, newestHandshakeOf } from "./member-store.ts";
import { ObjectStore } from "./object-store.ts";
import { ReceiptStore } from "./receipt-store.ts";

/** Everything that is decided for the members of a segment, in rows. */
export class MeshStore implements MeshView {
  readonly rows: MemberStore;
  readonly objects: ObjectStore;
  readonly holds: HoldStore;
  readonly receipts: ReceiptStore;
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.rows = new MemberStore(storage.sql);
    this.objects = new ObjectStore(storage.sql);
    this.holds = new HoldStore(storage.sql);
    this.receipts = new ReceiptStore(storage.sql);
  }

  /** Writes all events or none of them. */
  apply(events: readonly MeshEvent[], now: number): void {
    if (events.length === 0) return;
    this.#storage.transactionSync(() => {
      for (const event of events) this.#apply(event, now);
      this.receipts.addAll(events.filter((event) => event.type === "revoked"));
    });
  }

  #apply(event: MeshEvent, now: number): void {
    switch (event.type) {
      case "stands":
        this.rows.stand(event);
        break;
      case "rules":
        this.#setText("rules", event.rules);
        raiseMeta(this.#storage.sql, "rules_revision", event.revision);
        break;
      case "stored":
        for (const object of event.objects) this.objects.put(object, now);
        break;
      case "issued":
        this.rows.lastCounter = event.tick.document.serial.counter;
        this.rows.publish(event.issues, event.tick);
        break;
      case "waiting":
        this.rows.setWaiting(event.nodes, event.isWaiting);
        break;
      case "held":
        if (event.hold) this.holds.set(event.hold);
        else this.holds.clear(event.reason);
        break;
      case "reached":
        if (event.base !== null) this.#setText("base", event.base);
        raiseMeta(this.#storage.sql, "revision", event.revision);
        break;
      case "revoked":
        // `apply` gives all `revoked` events to the receipts at once.
        break;
    }
  }

  sweep(now: number): void {
    this.rows.sweep();
    this.objects.sweep(now);
    this.receipts.sweep(now);
  }

  member(node: string): Member | null {
    const row = this.rows.get(node);
    return (
      row && {
        status: row.status,
        issue: this.rows.issueOf(row),
        newest: newestHandshakeOf(row),
        floorMade: row.floor_made,
        handshakeAt: row.handshake_at,
        capability: row.capability,
      }
    );
  }

  members(): string[] {
    return this.rows.all();
  }

  approved(): string[] {
    return this.rows.approved();
  }

  waiting(): string[] {
    return this.rows.waiting();
  }

  get revision(): number {
    return readMeta(this.#storage.sql, "revision");
  }

  get rulesRevision(): number {
    return readMeta(this.#storage.sql, "rules_revision");
  }

  get lastCounter(): number {
    return this.rows.lastCounter;
  }

  get rules(): string | null {
    return this.#text("rules");
  }

  get base(): string | null {
    return this.#text("base");
  }

  hasObject(hash: ObjectHash): boolean {
    return this.objects.has(hash);
  }

  document<T extends AnyDocument>(hash: ObjectHash): T | null {
    return this.objects.document<T>(hash);
  }

  #text(key: string): string | null {
    const rows = this.#storage.sql.exec<{ value: string }>("SELECT value FROM texts WHERE key = ?", key);
    return rows.toArray()[0]?.value ?? null;
  }

  #setText(key: string, value: string): void {
    this.#storage.sql.exec("INSERT OR REPLACE INTO texts (key, value) VALUES (?, ?)", key, value);
  }
}
