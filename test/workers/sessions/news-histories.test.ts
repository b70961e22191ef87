import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CoordinatorStore, type Question } from "../../../durable-objects/coordinator/store.ts";
import type { Heard, News } from "../../../shared/access/sessions/coordinator.ts";
import { decide } from "../../../shared/access/sessions/decide.ts";
import { applyAll, type SessionsState } from "../../../shared/access/sessions/state.ts";
import type { Principal } from "../../../shared/access/sessions/types.ts";
import { drawn, SEED } from "../../support/sample.ts";
import { createSession, EMPTY_STATE, principal } from "../../unit/access/sessions/fixtures.ts";

const OWNERS = ["seg_a/weur/0", "seg_b/weur/0"];
const USERS = ["usr_1", "usr_2"];

/** A session object as it deals with news, without rows and alarms. */
class Owner {
  state: SessionsState = EMPTY_STATE;
  sequence = 0;
  readonly expected: string[] = [];

  has(userId: string): boolean {
    return [...this.state.live.values()].some(({ session }) => session.principal.userId === userId);
  }

  run(command: Parameters<typeof decide>[1]): void {
    const decision = decide(this.state, command, 1);
    if (decision.ok) this.state = applyAll(this.state, decision.value.events);
  }

  learn({ epoch, sequence, principals }: News): void {
    this.run({ type: "refresh", epoch, principals, devices: [] });
    this.sequence = Math.max(this.sequence, sequence);
  }

  hear(news: News): Heard {
    this.learn(news);
    const users = news.principals.map(({ userId }) => userId);
    return {
      absent: users.filter((userId) => !this.expected.includes(userId) && !this.has(userId)),
      isIdle: this.expected.length === 0 && this.state.live.size === 0,
    };
  }
}

/** A message on its way: what happens when it arrives, and when it never does. */
interface Flight {
  readonly arrive: () => void;
  readonly lose: () => void;
}

/** The coordinator's real rows, two session objects, and the messages between them in any order. */
class World {
  readonly owners = new Map(OWNERS.map((name) => [name, new Owner()]));
  readonly versions = new Map(USERS.map((userId) => [userId, 1]));
  readonly flights: Flight[] = [];
  /** The outbox: who must still be told, and how often that was said. */
  readonly waiting = new Map<string, number>();
  readonly #store: CoordinatorStore;
  #made = 0;

  constructor(store: CoordinatorStore) {
    this.#store = store;
  }

  change(userId: string): void {
    const version = (this.versions.get(userId) ?? 0) + 1;
    this.versions.set(userId, version);
    this.#wait(this.#store.change([{ id: userId, document: principal({ userId, version }) }], 1));
  }

  publish(): void {
    this.#wait(this.#store.publish());
  }

  /** A caller looks the user up, then the object makes the session; each step may be overtaken by anything, or lost. */
  create(name: string, userId: string): void {
    const carried = principal({ userId, version: this.versions.get(userId) ?? 0 });
    this.flights.push({ arrive: () => this.#begin(name, carried), lose: () => {} });
  }

  #begin(name: string, carried: Principal): void {
    const owner = this.#owner(name);
    const { userId } = carried;
    const id = `ses_${++this.#made}`;
    owner.expected.push(userId);
    const done = () => {
      owner.expected.splice(owner.expected.indexOf(userId), 1);
    };
    const make = () => {
      owner.run({ type: "create", input: createSession({ id, secretHash: id, principal: carried }) });
      done();
    };
    const { sequence } = owner;
    const ask = () => {
      const news = this.#store.join(name, sequence, userId);
      const learn = () => {
        owner.learn(news);
        make();
      };
      this.flights.push({ arrive: learn, lose: done });
    };
    if (owner.has(userId)) make();
    else this.flights.push({ arrive: ask, lose: done });
  }

  end(name: string, userId: string): void {
    this.#owner(name).run({ type: "end", filter: { by: "user", id: userId }, reason: "signed_out" });
  }

  /** Tells who waits; the news are as of now, and arrive when they arrive. */
  tell(name: string): void {
    const said = this.waiting.get(name);
    if (said === undefined) return;
    const question: Question = this.#store.question(name);
    const ask = () => {
      const heard = this.#owner(name).hear(question.news);
      const note = () => {
        this.#store.answered(name, question, heard);
        if (this.waiting.get(name) === said) this.waiting.delete(name);
      };
      this.flights.push({ arrive: note, lose: () => {} });
    };
    this.flights.push({ arrive: ask, lose: () => {} });
  }

  /** Everything that is on its way arrives, everybody who waits is told. */
  settle(): void {
    while (this.flights.length > 0 || this.waiting.size > 0) {
      for (const name of this.waiting.keys()) this.tell(name);
      this.flights.shift()?.arrive();
    }
  }

  get epoch(): number {
    return this.#store.epoch;
  }

  #owner(name: string): Owner {
    const owner = this.owners.get(name);
    if (!owner) throw new Error(`no owner ${name}`);
    return owner;
  }

  #wait(names: readonly string[]): void {
    for (const name of names) this.waiting.set(name, (this.waiting.get(name) ?? 0) + 1);
  }
}

const owner = fc.constantFrom(...OWNERS);
const user = fc.constantFrom(...USERS);

/** One thing that happens; it is done to the world. */
type Step = (world: World) => void;
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(owner, user).map(
    ([name, userId]) =>
      (world: World) =>
        world.create(name, userId),
  ),
  fc.tuple(owner, user).map(
    ([name, userId]) =>
      (world: World) =>
        world.end(name, userId),
  ),
  user.map((userId) => (world: World) => world.change(userId)),
  fc.constant((world: World) => world.publish()),
  owner.map((name) => (world: World) => world.tell(name)),
  fc
    .tuple(
      fc.constantFrom("arrive" as const, "arrive" as const, "arrive" as const, "lose" as const),
      fc.nat(5),
    )
    .map(
      ([how, at]) =>
        (world: World) =>
          world.flights.splice(at % Math.max(1, world.flights.length), 1)[0]?.[how](),
    ),
);

function expectNewest(world: World): void {
  for (const { state } of world.owners.values()) {
    if (state.live.size > 0) expect(state.epoch).toBe(world.epoch);
    for (const { session } of state.live.values()) {
      expect(session.principal.version).toBe(world.versions.get(session.principal.userId));
    }
  }
}

test("whatever overtakes what or is lost, a live session ends up with the newest user and the newest epoch", async () => {
  const stub = env.NETWORK_COORDINATOR.get(env.NETWORK_COORDINATOR.idFromName("histories"));
  await runInDurableObject(stub, (_object, { storage: { sql } }) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 80, size: "max" }), (steps) => {
        // As if the coordinator were new.
        for (const table of ["owners", "changed_subjects", "subscriptions", "meta"])
          sql.exec(`DELETE FROM ${table}`);
        const world = new World(new CoordinatorStore(sql));
        for (const happen of steps) happen(world);
        world.settle();
        expectNewest(world);
        // Whoever was forgotten wrongly misses the next change.
        for (const userId of USERS) world.change(userId);
        world.publish();
        world.settle();
        expectNewest(world);
      }),
      { seed: SEED, numRuns: drawn(500, 50_000) },
    );
  });
}, 600_000);
