/** Values of the API as people read them in tables. */

/** `2026-03-01 09:30:00Z` */
export function instant(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return "-";
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")}Z`;
}

/** One value in a cell: lists by comma, nothing as `-`, times by their field's name. */
export function cell(field: string, value: unknown): string {
  if (value === null || value === undefined || value === "") return "-";
  if (typeof value === "number" && /(At|Until)$|^(at|now)$/.test(field)) return instant(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.length > 0 ? value.map((item) => cell("", item)).join(", ") : "-";
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}

/** `signInIdleSeconds` as `sign in idle seconds` */
export const heading = (field: string): string => field.replace(/([A-Z])/g, " $1").toLowerCase();
