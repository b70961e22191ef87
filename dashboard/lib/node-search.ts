interface Searchable {
  readonly name: string;
  readonly hostname: string;
  readonly segment: string;
  readonly tags: readonly string[];
  readonly user: string | null;
  readonly ipv4: string;
  readonly ipv6: string;
}

/** Whether every word of the search stands somewhere in what the node is called or where it is. */
export function nodeMatches(node: Searchable, search: string): boolean {
  const text = [node.name, node.hostname, node.segment, ...node.tags, node.user ?? "", node.ipv4, node.ipv6]
    .join(" ")
    .toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
