import { err, ok, type Result } from "../../base/result.ts";

/**
 * Whom a signal is about: the subject identifiers of RFC 9493, and the complex subjects of SSF 1.0 §3.2. An
 * identifier in a format that names nobody here is kept as `other`.
 */
export type Identifier =
  | { readonly format: "email"; readonly email: string }
  | { readonly format: "iss_sub"; readonly iss: string; readonly sub: string }
  | { readonly format: "opaque"; readonly id: string }
  | { readonly format: "other"; readonly name: string };

export interface Subject {
  /** All say who the person is: one, or several of the format `aliases`. Empty if no person is named. */
  readonly person: readonly Identifier[];
  /** The provider's id of one session. */
  readonly session: string | null;
  /** The provider's id of one device. */
  readonly device: string | null;
  /** Whether it also names a group, a tenant or the like, whose people are not known here. */
  readonly isWider: boolean;
}

const MAX_TEXT = 512;
const MAX_ALIASES = 10;

/** Members of a complex subject that are neither a person, a session nor a device. */
const WIDER = ["tenant", "org_unit", "group", "application"];

/** Reads a `sub_id`, or the `subject` that RISC and early CAEP had within the event. The error says what was wrong. */
export function readSubject(value: unknown): Result<Subject, string> {
  if (!isRecord(value)) return err("the subject is missing");
  if (isComplex(value)) return readComplex(value);
  const person = readPerson(value);
  return person.ok ? ok({ person: person.value, session: null, device: null, isWider: false }) : person;
}

/** Early drafts named no format where the members say that it is complex. */
const isComplex = (value: Record<string, unknown>): boolean =>
  formatOf(value) === "complex" ||
  (formatOf(value) === null && ["user", "session", "device"].some((name) => name in value));

function readComplex(value: Record<string, unknown>): Result<Subject, string> {
  const person = "user" in value ? readPerson(value.user) : ok([]);
  if (!person.ok) return person;
  const session = readPart(value, "session");
  if (!session.ok) return session;
  const device = readPart(value, "device");
  if (!device.ok) return device;
  const isWider = WIDER.some((name) => name in value);
  if (person.value.length === 0 && session.value === null && device.value === null && !isWider)
    return err("the complex subject names nothing");
  return ok({ person: person.value, session: session.value, device: device.value, isWider });
}

/** A session or a device: only the id counts, whatever the format calls it. */
function readPart(value: Record<string, unknown>, name: string): Result<string | null, string> {
  if (!(name in value)) return ok(null);
  const part = readIdentifier(value[name]);
  if (!part.ok) return part;
  switch (part.value.format) {
    case "opaque":
      return ok(part.value.id);
    case "iss_sub":
      return ok(part.value.sub);
    default:
      return err(`the ${name} must be opaque or iss_sub`);
  }
}

function readPerson(value: unknown): Result<Identifier[], string> {
  if (!isRecord(value) || formatOf(value) !== "aliases") {
    const one = readIdentifier(value);
    return one.ok ? ok([one.value]) : one;
  }
  const { identifiers } = value;
  if (!Array.isArray(identifiers) || identifiers.length === 0 || identifiers.length > MAX_ALIASES)
    return err(`aliases must hold 1 to ${MAX_ALIASES} identifiers`);
  const all: Identifier[] = [];
  for (const each of identifiers) {
    const one = readIdentifier(each);
    if (!one.ok) return one;
    all.push(one.value);
  }
  return ok(all);
}

function readIdentifier(value: unknown): Result<Identifier, string> {
  if (!isRecord(value)) return err("an identifier must be an object");
  const format = formatOf(value);
  if (format === null) return err("an identifier must name its format");
  const text = (name: string): string | null => {
    const found = value[name];
    return typeof found === "string" && found !== "" && found.length <= MAX_TEXT ? found : null;
  };
  switch (format) {
    case "email": {
      const email = text("email");
      return email === null ? err("the identifier lacks email") : ok({ format, email });
    }
    case "iss_sub":
    case "id_token_claims": {
      const [iss, sub] = [text("iss"), text("sub")];
      return iss === null || sub === null
        ? err("the identifier lacks iss or sub")
        : ok({ format: "iss_sub", iss, sub });
    }
    case "opaque": {
      const id = text("id");
      return id === null ? err("the identifier lacks id") : ok({ format, id });
    }
    case "aliases":
      return err("aliases must not hold aliases");
    case "complex":
      return err("a complex subject can't be part of another");
    default:
      return ok({ format: "other", name: format });
  }
}

/** RISC before SSF 1.0 says `subject_type: "iss-sub"`. */
function formatOf(value: Record<string, unknown>): string | null {
  const named = value.format ?? value.subject_type;
  return typeof named === "string" && named.length <= 40 ? named.replaceAll("-", "_") : null;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The subject in words, for records and lists. */
export function subjectWords({ person, session, device, isWider }: Subject): string {
  const parts = [
    ...person.map((one) => {
      if (one.format === "email") return one.email;
      if (one.format === "iss_sub") return one.sub;
      return one.format === "opaque" ? one.id : `(${one.name})`;
    }),
    ...(session === null ? [] : [`session ${session}`]),
    ...(device === null ? [] : [`device ${device}`]),
    ...(isWider ? ["a group of people"] : []),
  ];
  return parts.join(", ").slice(0, 200);
}
