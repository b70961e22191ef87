/** Random Cedar policies, entities and requests from a seed, in Cedar's JSON formats, covering every operator. */

import { randomFrom } from "../../../support/random.ts";

export type Expression = Readonly<Record<string, unknown>>;
type Kind =
  | "bool"
  | "long"
  | "string"
  | "set"
  | "record"
  | "entity"
  | "decimal"
  | "ip"
  | "datetime"
  | "duration";

const ENTITIES = [
  ["User", "ann"],
  ["User", "bob"],
  ["Group", "eng"],
  ["Group", "all"],
  ["App", "wiki"],
  ["App", "shop"],
  ["Action", "read"],
  ["Action", "write"],
  ["Missing", "x"],
] as const;
const LONGS = [0, 1, -1, 7, 4_611_686_018, 9_007_199_254_740_991, -9_007_199_254_740_991];
const STRINGS = ["", "a", "abc", "wiki", "a*c", "\u{1F600}é", "10.0.0.1"];
const NAMES = ["n", "s", "flag", "set", "nested", "missing", "ip"];
const EXTENSIONS: Readonly<Record<string, readonly string[]>> = {
  decimal: ["0.0", "1.25", "-3.1415", "922337203685477.5807", "1", "1.23456"],
  ip: ["10.0.0.1", "10.0.0.0/8", "::1", "ff00::/8", "127.0.0.1", "2001:db8::/32", "010.0.0.1", "1.2.3"],
  datetime: [
    "2024-10-15",
    "2024-10-15T11:35:00Z",
    "1969-12-31T23:59:59.999Z",
    "2024-10-15T11:35:00+0100",
    "2024-13-01",
  ],
  duration: ["1h", "-2d3h", "1d2h3m4s5ms", "90m", "0ms", "1h1d", ""],
};

export class Generator {
  readonly #random: () => number;
  /** How often each operator was generated. */
  readonly seen = new Map<string, number>();

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T;
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  uid() {
    const [type, id] = this.pick(ENTITIES);
    return { type, id };
  }

  policy() {
    return this.#statement(this.#scope(), this.#scope());
  }

  /** A policy with one slot or two, and the entities that they are linked to. */
  template() {
    const slots = this.pick(["principal", "resource", "both"]);
    const hasPrincipal = slots !== "resource";
    const hasResource = slots !== "principal";
    return {
      template: this.#statement(
        hasPrincipal ? this.#slotScope("?principal") : this.#scope(),
        hasResource ? this.#slotScope("?resource") : this.#scope(),
      ),
      slots: {
        ...(hasPrincipal ? { principal: this.uid() } : {}),
        ...(hasResource ? { resource: this.uid() } : {}),
      },
    };
  }

  #statement(principal: object, resource: object) {
    return {
      effect: this.chance(0.65) ? "permit" : "forbid",
      principal,
      action: this.chance(0.6) ? { op: "All" } : this.#actionScope(),
      resource,
      conditions: Array.from({ length: Math.floor(this.#random() * 3) }, () => ({
        kind: this.chance(0.7) ? "when" : "unless",
        body: this.expression(this.chance(0.9) ? "bool" : "long", 4),
      })),
      ...(this.chance(0.1) ? { annotations: { note: "x" } } : {}),
    };
  }

  #scope() {
    const op = this.pick(["All", "All", "==", "in", "is", "isIn"]);
    this.#count(`scope ${op}`);
    if (op === "==" || op === "in") return { op, entity: this.uid() };
    if (op === "is") return { op, entity_type: this.pick(["User", "App", "Group"]) };
    if (op === "isIn")
      return { op: "is", entity_type: this.pick(["User", "App"]), in: { entity: this.uid() } };
    return { op: "All" };
  }

  #slotScope(slot: "?principal" | "?resource") {
    const op = this.pick(["==", "in", "isIn"]);
    this.#count(`slot ${op}`);
    return op === "isIn" ? { op: "is", entity_type: this.pick(["User", "App"]), in: { slot } } : { op, slot };
  }

  #actionScope() {
    const action = () => ({ type: "Action", id: this.pick(["read", "write", "access"]) });
    const op = this.pick(["==", "in", "in set"]);
    this.#count(`action ${op}`);
    return op === "in set" ? { op: "in", entities: [action(), action()] } : { op, entity: action() };
  }

  /** An expression that mostly has the wanted kind; now and then another, so that type errors are exercised. */
  expression(kind: Kind, depth: number): Expression {
    const wanted = this.chance(0.04)
      ? this.pick<Kind>(["bool", "long", "string", "set", "record", "entity"])
      : kind;
    if (depth <= 0) return this.#leaf(wanted);
    if (this.chance(0.06)) return this.#ifThenElse(wanted, depth - 1);
    if (this.chance(0.08)) return this.#attribute(depth - 1);
    return this.#operator(wanted, depth - 1) ?? this.#leaf(wanted);
  }

  #operator(kind: Kind, d: number): Expression | null {
    const e = (wanted: Kind) => this.expression(wanted, d);
    switch (kind) {
      case "bool":
        return this.#boolean(e);
      case "long":
        return this.#long(e);
      case "set":
        return this.#form(
          "Set",
          [e(this.pick<Kind>(["long", "string", "entity"])), e("long")].slice(0, this.pick([0, 1, 2])),
        );
      case "record":
        return this.#form("Record", Object.fromEntries(NAMES.slice(0, 2).map((name) => [name, e("long")])));
      case "datetime":
        return this.pick([
          () => this.#call("offset", [e("datetime"), e("duration")]),
          () => this.#call("toDate", [e("datetime")]),
        ])();
      case "duration":
        return this.pick([
          () => this.#call("durationSince", [e("datetime"), e("datetime")]),
          () => this.#call("toTime", [e("datetime")]),
        ])();
      default:
        return null;
    }
  }

  #boolean(e: (kind: Kind) => Expression): Expression {
    const kind = this.pick<Kind>(["long", "string", "set", "entity", "bool", "ip", "decimal", "record"]);
    const comparable = this.pick<Kind>(["long", "datetime", "duration"]);
    const binary = (op: string, left: Expression, right: Expression) => this.#form(op, { left, right });
    return this.pick([
      () => binary("&&", e("bool"), e("bool")),
      () => binary("||", e("bool"), e("bool")),
      () => this.#form("!", { arg: e("bool") }),
      () => binary("==", e(kind), e(kind)),
      () => binary("!=", e(kind), e(kind)),
      () => binary("<", e(comparable), e(comparable)),
      () => binary("<=", e(comparable), e(comparable)),
      () => binary(">", e(comparable), e(comparable)),
      () => binary(">=", e(comparable), e(comparable)),
      () => binary("in", e("entity"), this.chance(0.5) ? e("entity") : this.#entitySet()),
      () => binary("contains", e("set"), e("long")),
      () => binary("containsAll", e("set"), e("set")),
      () => binary("containsAny", e("set"), e("set")),
      () => this.#form("isEmpty", { arg: e("set") }),
      () => binary("hasTag", e("entity"), e("string")),
      () => this.#form("has", { left: e(this.pick<Kind>(["record", "entity"])), attr: this.pick(NAMES) }),
      () => this.#form("like", { left: e("string"), pattern: this.#pattern() }),
      () => this.#form("is", { left: e("entity"), entity_type: this.pick(["User", "App"]) }),
      () => this.#isIn(e("entity"), e("entity")),
      () => this.#hasPath(e(this.pick<Kind>(["record", "entity"]))),
      () =>
        this.#call(this.pick(["lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual"]), [
          e("decimal"),
          e("decimal"),
        ]),
      () => this.#call(this.pick(["isIpv4", "isIpv6", "isLoopback", "isMulticast"]), [e("ip")]),
      () => this.#call("isInRange", [e("ip"), e("ip")]),
    ])();
  }

  #isIn(left: Expression, above: Expression): Expression {
    this.#count("is in");
    return this.#form("is", { left, entity_type: "User", in: above });
  }

  /** `left has a.b.c` */
  #hasPath(left: Expression): Expression {
    this.#count("has path");
    const deeper = Array.from({ length: this.pick([1, 2]) }, () => this.pick(NAMES));
    return this.#form("has", { left, attr: [this.pick(["nested", "nested", ...NAMES]), ...deeper] });
  }

  #long(e: (kind: Kind) => Expression): Expression {
    return this.pick([
      () => this.#form(this.pick(["+", "-", "*"]), { left: e("long"), right: e("long") }),
      () => this.#form("neg", { arg: e("long") }),
      () => this.#form("getTag", { left: e("entity"), right: e("string") }),
      () =>
        this.#call(this.pick(["toMilliseconds", "toSeconds", "toMinutes", "toHours", "toDays"]), [
          e("duration"),
        ]),
    ])();
  }

  #ifThenElse(kind: Kind, d: number): Expression {
    const branch = () => this.expression(kind, d);
    // biome-ignore lint/suspicious/noThenProperty: it is the name in Cedar's format
    return this.#form("if-then-else", { if: this.expression("bool", d), then: branch(), else: branch() });
  }

  #attribute(d: number): Expression {
    return this.#form(".", {
      left: this.expression(this.pick<Kind>(["record", "entity"]), d),
      attr: this.pick(NAMES),
    });
  }

  #entitySet(): Expression {
    return this.#form("Set", [this.#leaf("entity"), this.#leaf("entity")]);
  }

  #pattern() {
    return Array.from({ length: 1 + Math.floor(this.#random() * 3) }, () =>
      this.chance(0.4) ? "Wildcard" : { Literal: this.pick(["a", "b", "*", "c", "é"]) },
    );
  }

  #leaf(kind: Kind): Expression {
    switch (kind) {
      case "bool":
        return { Value: this.chance(0.5) };
      case "long":
        return { Value: this.pick(LONGS) };
      case "string":
        return { Value: this.pick(STRINGS) };
      case "entity":
        return this.chance(0.5)
          ? { Var: this.pick(["principal", "action", "resource"]) }
          : { Value: { __entity: this.uid() } };
      case "record":
        return { Var: "context" };
      case "set":
        return { Set: [{ Value: this.pick(LONGS) }, { Value: this.pick(LONGS) }] };
      default:
        return this.#call(kind, [{ Value: this.pick(EXTENSIONS[kind] ?? []) }]);
    }
  }

  #form(operator: string, operand: unknown): Expression {
    this.#count(operator);
    return { [operator]: operand };
  }

  #call(name: string, args: readonly Expression[]): Expression {
    this.#count(name);
    return { [name]: args };
  }

  #count(name: string): void {
    this.seen.set(name, (this.seen.get(name) ?? 0) + 1);
  }

  /** A context and entities whose hierarchy has several levels. */
  world() {
    const attrs = () => ({
      n: this.pick(LONGS),
      s: this.pick(STRINGS),
      ...(this.chance(0.5) ? { flag: this.chance(0.5) } : {}),
      ...(this.chance(0.5) ? { set: [this.pick(LONGS), this.pick(LONGS)] } : {}),
      ...(this.chance(0.3) ? { nested: { n: this.pick(LONGS) } } : {}),
      ...(this.chance(0.3) ? { ip: { __extn: { fn: "ip", arg: "10.1.2.3" } } } : {}),
    });
    const group = (id: string) => ({ type: "Group", id });
    const parents = (list: { type: string; id: string }[]) => list.filter(() => this.chance(0.6));
    return {
      context: attrs(),
      entities: [
        {
          uid: { type: "User", id: "ann" },
          attrs: attrs(),
          parents: parents([group("eng"), group("all")]),
          tags: { a: 1, abc: 7 },
        },
        { uid: { type: "User", id: "bob" }, attrs: attrs(), parents: parents([group("eng")]) },
        { uid: group("eng"), attrs: {}, parents: parents([group("all")]) },
        { uid: group("all"), attrs: {}, parents: [] },
        { uid: { type: "App", id: "wiki" }, attrs: attrs(), parents: parents([group("all")]) },
        { uid: { type: "Action", id: "read" }, attrs: {}, parents: [{ type: "Action", id: "access" }] },
        {
          uid: { type: "Action", id: "write" },
          attrs: {},
          parents: parents([{ type: "Action", id: "access" }]),
        },
      ],
    };
  }
}
