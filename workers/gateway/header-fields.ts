import type { HeaderList } from "../../shared/http/headers.ts";

/** The headers as a list. In workerd, `forEach` costs a third of what an iteration costs. */
export function headerList(headers: Headers): HeaderList {
  const list: [string, string][] = [];
  headers.forEach((value, name) => {
    list.push([name, value]);
  });
  return list;
}

/**
 * The headers in the form that workerd reads fastest: an object that was filled name by name. Such an object costs
 * workerd less than half as much as an object that was made at once, and a fifth as much as a list of pairs. When a
 * name comes several times (only `set-cookie` does), only the list can hold it.
 */
export function headerFields(list: HeaderList): HeadersInit {
  const fields: Record<string, string> = Object.create(null);
  for (const [name, value] of list) {
    if (name in fields) return list as [string, string][];
    fields[name] = value;
  }
  return fields;
}
