/** Values of the API as people read them in tables. */

/** `2026-03-01 09:30:00Z` */
export function instant(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return "-";
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")}Z`;
}

const isTime = (field: string): boolean =>
  /(At|Until)$|^(at|now|since|until|notBefore|notAfter)$/.test(field);

/** A span of time in words: `7 days`, `12 hours`, `5 minutes`. */
export function timeLeft(seconds: number): string {
  const units = [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ] as const;
  const [unit, size] = units.find(([, size]) => Math.round(seconds / size) >= 1) ?? ["minute", 60];
  const count = Math.max(1, Math.round(seconds / size));
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** One value in a cell: lists by comma, nothing as `-`, times by their field's name. A time of 0 stands for none. */
export function cell(field: string, value: unknown): string {
  if (value === null || value === undefined || value === "") return "-";
  if (typeof value === "number" && isTime(field)) return instant(value || null);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.length > 0 ? value.map((item) => cell("", item)).join(", ") : "-";
  if (typeof value === "object")
    return Object.entries(value)
      .map(([name, part]) => `${heading(name)} ${cell(name, part)}`)
      .join(", ");
  return String(value);
}

/** One value in a file for programs: nothing is empty, and times are in ISO 8601. */
export function plain(field: string, value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" && isTime(field)) return value === 0 ? "" : new Date(value).toISOString();
  if (typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return value.map((item) => plain("", item)).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** `signInIdleSeconds` as `sign in idle seconds` */
export const heading = (field: string): string => field.replace(/([A-Z])/g, " $1").toLowerCase();
