import type { Seen } from "../../../../shared/access/risk/whereabouts.ts";
import type { SessionCommand } from "../../../../shared/access/sessions/decide.ts";
import type { CreateSession, Principal, SessionEndReason } from "../../../../shared/access/sessions/types.ts";

interface Entry {
  input: CreateSession;
  principal: Principal;
  readonly createdAt: number;
  lastSeenAt: number;
  over: SessionEndReason | null;
  /** What its requests showed, each at its time. */
  readonly shown: (Seen & { readonly at: number })[];
}

/** Sessions as one would explain them on paper: one list, nothing removed, every rule spelt out again. */
export class NaiveSessions {
  readonly entries: Entry[] = [];
  readonly pushed: Principal[] = [];
  epoch = 0;

  run(command: SessionCommand, now: number): void {
    switch (command.type) {
      case "create":
        this.create(command.input, now);
        return;
      case "verify":
        for (const entry of this.entries) {
          if (entry.input.secretHash !== command.secretHash || entry.input.appId !== command.appId) continue;
          this.age(entry, now);
          if (command.touch && !entry.over) entry.lastSeenAt = now;
          if (command.seen && !entry.over) entry.shown.push({ ...command.seen, at: now });
        }
        return;
      case "touch":
        for (const entry of this.entries.filter((one) => one.input.id === command.id)) {
          this.age(entry, now);
          if (!entry.over) entry.lastSeenAt = now;
        }
        return;
      case "end": {
        const { filter } = command;
        for (const entry of this.entries) {
          const { input, principal } = entry;
          const hit =
            (filter.by === "session" && input.id === filter.id) ||
            (filter.by === "user" && principal.userId === filter.id) ||
            (filter.by === "app" && input.appId === filter.id) ||
            (filter.by === "parent" && input.parentId === filter.id);
          this.age(entry, hit ? now : -1);
          if (hit) entry.over ??= command.reason;
        }
        return;
      }
      case "refresh":
        this.epoch = Math.max(this.epoch, command.epoch);
        for (const principal of command.principals) this.push(principal, now);
        return;
      case "put_below":
        for (const entry of this.entries) {
          if (entry.input.id !== command.id || entry.input.kind !== "sign_in") continue;
          this.age(entry, now);
          if (!entry.over) entry.input = { ...entry.input, parentId: command.parent.id };
        }
        return;
      // A device changes nothing of how long a session lives.
      case "bind_device":
        for (const entry of this.entries) if (entry.input.id === command.id) this.age(entry, now);
        return;
      case "expire":
        for (const entry of this.entries) this.age(entry, now);
    }
  }

  answer(secretHash: string, appId: string | null): { reason: string } | { principalVersion: number } {
    const entry = this.entries.find(
      (one) => one.input.secretHash === secretHash && one.input.appId === appId,
    );
    if (!entry) return { reason: "unknown" };
    return entry.over ? { reason: entry.over } : { principalVersion: entry.principal.version };
  }

  /** What was ever found of a session's requests, read again from the first of them. */
  found(id: string): string[] {
    const [first, ...later] = this.entries.find(({ input }) => input.id === id)?.shown ?? [];
    if (!first) return [];
    const noted = [first];
    const kinds = new Set<string>();
    for (const one of later) {
      const last = noted.at(-1) ?? first;
      const placed = noted.filter(({ asn }) => asn !== null);
      const here = placed.at(-1);
      const country = noted.findLast((seen) => seen.country !== null)?.country ?? null;
      const isNew =
        one.agent !== last.agent ||
        (one.country === null && one.asn === null) !== (last.country === null && last.asn === null) ||
        (one.country !== null && one.country !== country) ||
        (one.asn !== null && one.asn !== here?.asn);
      if (!isNew || one.at - last.at < 1_000) continue;
      if (one.agent !== last.agent) kinds.add("agent_changed");
      const isHidden = one.country === null && one.asn === null;
      if (isHidden && (last.country !== null || last.asn !== null)) kinds.add("place_hidden");
      if (one.country !== null && country !== null && noted.every((seen) => seen.country !== one.country))
        kinds.add("new_country");
      if (one.asn !== null && here && one.asn !== here.asn) {
        // The time at which the session came to the network that it is in now.
        const before = placed.findLast(({ asn }) => asn !== here.asn);
        const cameAt =
          placed.find((seen) => seen.asn === here.asn && (!before || seen.at > before.at))?.at ?? 0;
        if (placed.every(({ asn }) => asn !== one.asn)) kinds.add("new_network");
        else if (one.at - cameAt <= 600_000) kinds.add("two_networks");
      }
      noted.push(one);
    }
    return [...kinds].sort();
  }

  private create(input: CreateSession, now: number): void {
    if (this.entries.some((one) => one.input.id === input.id)) return;
    const pushed = this.latest(input.principal.userId);
    const principal = pushed && pushed.version > input.principal.version ? pushed : input.principal;
    if (principal.status === "disabled") return;
    const mine = this.entries.filter(
      (one) =>
        one.principal.userId === principal.userId &&
        one.input.kind === input.kind &&
        one.input.appId === input.appId,
    );
    for (const entry of mine) this.age(entry, now);
    const alive = mine.filter((one) => !one.over);
    alive.sort(
      (a, b) =>
        a.lastSeenAt - b.lastSeenAt || a.createdAt - b.createdAt || a.input.id.localeCompare(b.input.id),
    );
    while (alive.length >= input.maxPerUser) {
      const oldest = alive.shift();
      if (oldest) oldest.over = "replaced";
    }
    this.entries.push({ input, principal, createdAt: now, lastSeenAt: now, over: null, shown: [] });
  }

  private push(principal: Principal, now: number): void {
    const known = this.latest(principal.userId);
    if (known && known.version >= principal.version) return;
    this.pushed.push(principal);
    for (const entry of this.entries) {
      if (entry.over || entry.principal.userId !== principal.userId) continue;
      if (entry.principal.version >= principal.version) continue;
      if (principal.status === "disabled") {
        this.age(entry, now);
        entry.over ??= "user_disabled";
      } else entry.principal = principal;
    }
  }

  private latest(userId: string): Principal | undefined {
    return this.pushed.filter((one) => one.userId === userId).sort((a, b) => b.version - a.version)[0];
  }

  private age(entry: Entry, now: number): void {
    if (entry.over) return;
    const idleAt = entry.lastSeenAt + entry.input.lifetime.idleSeconds * 1000;
    const absoluteAt = entry.createdAt + entry.input.lifetime.absoluteSeconds * 1000;
    if (now >= absoluteAt && absoluteAt <= idleAt) entry.over = "absolute_timeout";
    else if (now >= idleAt) entry.over = "idle_timeout";
  }
}
