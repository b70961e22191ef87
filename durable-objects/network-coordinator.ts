import { DurableObject } from "cloudflare:workers";
import type { Device } from "../shared/access/device/device.ts";
import type { AssertionKeySet, NetworkCoordinatorRpc, News } from "../shared/access/sessions/coordinator.ts";
import { planRotation, publishedOrder } from "../shared/access/sessions/key-rotation.ts";
import { isOwner } from "../shared/access/sessions/owner.ts";
import type {
  Principal,
  SegmentSessionsRpc,
  SessionEndReason,
  SessionFilter,
} from "../shared/access/sessions/types.ts";
import { singleFlight } from "../shared/base/async/single-flight.ts";
import { isId } from "../shared/base/ids.ts";
import { objectOf } from "../shared/base/objects.ts";
import type { ObjectBindings } from "../shared/bindings.ts";
import { MESH_PATHS } from "../shared/paths/mesh-paths.ts";
import { makeAssertionKey } from "./coordinator/assertion-key.ts";
import { FanOut } from "./coordinator/fan-out.ts";
import { CoordinatorStore, MESH_OUTBOX, type Subject } from "./coordinator/store.ts";
import { onAlarm, ringAt, ringIfSilent } from "./storage/alarm.ts";
import { type Job, Outbox } from "./storage/outbox.ts";

type Environment = Pick<ObjectBindings, "SEGMENT_SESSIONS" | "SEGMENT_MESH" | "MESH_PATHS">;

/** A message that a session object has still to get. */
type SessionMessage =
  | { readonly type: "refresh"; readonly owner: string }
  | {
      readonly type: "end";
      readonly owner: string;
      readonly filter: SessionFilter;
      readonly reason: SessionEndReason;
    };

const WIDTH = 32;
const SESSIONS_TIMEOUT_MS = 3_000;
/** An object answers only after it has built and signed the new configs of its nodes. */
const MESH_TIMEOUT_MS = 10_000;

/**
 * The one writer of the policy epoch. It tells the objects of sessions and of the mesh what changed for them, and keeps
 * the assertion keys.
 */
export class NetworkCoordinator extends DurableObject<Environment> implements NetworkCoordinatorRpc {
  readonly #store: CoordinatorStore;
  readonly #sessions: FanOut<SessionMessage, readonly string[]>;
  /** Messages to segments. The store knows what each segment must learn when the message is sent. */
  readonly #mesh: FanOut<string, void>;

  constructor(ctx: DurableObjectState, env: Environment) {
    super(ctx, env);
    this.#store = new CoordinatorStore(ctx.storage.sql);
    const onScheduled = () => this.#ringWhenDue();
    this.#sessions = new FanOut(new Outbox(ctx.storage.sql), {
      width: WIDTH,
      timeoutMs: SESSIONS_TIMEOUT_MS,
      tell: (message) => this.#tellSession(message),
      onScheduled,
    });
    this.#mesh = new FanOut(new Outbox(ctx.storage.sql, MESH_OUTBOX), {
      width: WIDTH,
      timeoutMs: MESH_TIMEOUT_MS,
      tell: (segment) => this.#tellSegment(segment),
      onScheduled,
    });
    ringIfSilent(ctx, () => this.#ringWhenDue());
  }

  async epoch(): Promise<number> {
    return this.#store.epoch;
  }

  async join(owner: string, since: number, subject?: string): Promise<News & { readonly more: boolean }> {
    if (!isOwner(owner)) throw new Error("not the name of a session object");
    return this.ctx.storage.transactionSync(() => this.#store.join(owner, since, subject));
  }

  async publish(): Promise<{ epoch: number; pending: string[] }> {
    const jobs = this.ctx.storage.transactionSync(() => this.#refreshing(this.#store.publish()));
    const { epoch } = this.#store;
    return { epoch, pending: ownersOf((await this.#sessions.deliver(jobs)).pending) };
  }

  async tell(principals: readonly Principal[]): Promise<{ pending: string[] }> {
    return this.#tell(principals.map((document) => ({ id: document.userId, document })));
  }

  async tellDevices(devices: readonly Device[]): Promise<{ pending: string[]; unheard: string[] }> {
    const { pending } = await this.#tell(devices.map((document) => ({ id: document.id, document })));
    return { pending, unheard: this.#store.unheard(devices.map(({ id }) => id)) };
  }

  async #tell(subjects: readonly Subject[]): Promise<{ pending: string[] }> {
    const jobs = this.ctx.storage.transactionSync(() =>
      this.#refreshing(this.#store.change(subjects, Date.now())),
    );
    return { pending: ownersOf((await this.#sessions.deliver(jobs)).pending) };
  }

  /** The news that an owner gets next includes everything that still waits for the owner. */
  #refreshing(owners: readonly string[]): Job<SessionMessage>[] {
    return owners.map((owner) => this.#sessions.add(`refresh:${owner}`, { type: "refresh", owner }));
  }

  async endEverywhere(
    owners: readonly string[] | null,
    filter: SessionFilter,
    reason: SessionEndReason,
  ): Promise<{ ended: string[]; pending: string[] }> {
    const targets = [...new Set(owners ?? this.#store.owners())].filter(isOwner);
    const jobs = this.ctx.storage.transactionSync(() =>
      targets.map((owner) =>
        this.#sessions.add(`end:${owner}:${JSON.stringify(filter)}`, { type: "end", owner, filter, reason }),
      ),
    );
    const { answers, pending } = await this.#sessions.deliver(jobs);
    return { ended: answers.flat(), pending: ownersOf(pending) };
  }

  async tellMesh(revision: number, segments: readonly string[]): Promise<{ pending: string[] }> {
    if (!segments.every((segment) => isId("segment", segment))) throw new Error("not the name of a segment");
    const jobs = this.ctx.storage.transactionSync(() =>
      this.#store
        .wantMesh(revision, [...segments, MESH_PATHS])
        .map((segment) => this.#mesh.add(`mesh:${segment}`, segment)),
    );
    const { pending } = await this.#mesh.deliver(jobs);
    return { pending };
  }

  async assertionKeys(): Promise<AssertionKeySet> {
    await this.#rotateKeys();
    return { keys: publishedOrder(this.#store.keys(), Date.now()) };
  }

  override async alarm(): Promise<void> {
    await onAlarm(this.ctx.storage, async () => {
      // This is not awaited, so that a segment that builds for long does not delay a message to a session object.
      this.ctx.waitUntil(this.#mesh.deliverDue());
      await this.#sessions.deliverDue();
      if (this.#store.keys().length > 0) await this.#rotateKeys();
    });
  }

  /** Simultaneous calls share one rotation, so that they make one set of keys. */
  readonly #rotateKeys = singleFlight(() => this.#carryOutRotation());

  async #carryOutRotation(): Promise<void> {
    const { retire, make } = planRotation(this.#store.keys(), Date.now());
    if (retire.length === 0 && make.length === 0) return;
    const made = await Promise.all(make.map(makeAssertionKey));
    this.ctx.storage.transactionSync(() => this.#store.replaceKeys(retire, made));
    this.#ringWhenDue();
  }

  /** Sets the alarm to the next due time, of a message or of the keys' rotation. */
  #ringWhenDue(): void {
    const keys = this.#store.keys();
    const rotation = keys.length > 0 ? planRotation(keys, Date.now()).nextAt : null;
    ringAt(this.ctx.storage, [this.#sessions.nextDue(), this.#mesh.nextDue(), rotation]);
  }

  async #tellSession(message: SessionMessage): Promise<string[]> {
    const object = objectOf(this.env.SEGMENT_SESSIONS, message.owner);
    if (message.type === "end") return (await object.end(message.filter, message.reason)).ended;
    await this.#refresh(message.owner, object);
    return [];
  }

  /** Brings an owner up to date, and forgets the users of whom the owner has no session. */
  async #refresh(owner: string, object: SegmentSessionsRpc): Promise<void> {
    for (let more = true; more; ) {
      const question = this.#store.question(owner);
      const heard = await object.refresh(question.news);
      this.ctx.storage.transactionSync(() => this.#store.answered(owner, question, heard));
      more = question.more;
    }
  }

  async #tellSegment(segment: string): Promise<void> {
    const wanted = this.#store.wantedMesh(segment);
    const object =
      segment === MESH_PATHS
        ? objectOf(this.env.MESH_PATHS, "network")
        : objectOf(this.env.SEGMENT_MESH, segment);
    await object.refresh(wanted);
    this.#store.learntMesh(segment, wanted);
  }
}

const ownersOf = (messages: readonly SessionMessage[]): string[] => messages.map(({ owner }) => owner);
