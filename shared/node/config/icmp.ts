/**
 * The ICMP messages that begin an exchange, as Linux's connection tracking knows them (`valid_new` of
 * `nf_conntrack_proto_icmp.c` and `…_icmpv6.c`). An answer belongs to the exchange, an error to the connection that it is
 * about, and any other message to nothing: filters of nodes drop it. So a rule can name these, and no other.
 */
export interface IcmpRequest {
  readonly name: string;
  /** Names the request among the ports of traffic. It is the type in the first family that has the request. */
  readonly number: number;
  /** The types by family: of ICMP (RFC 792, RFC 950) and of ICMPv6 (RFC 4443, RFC 4620). */
  readonly types: { readonly 4?: number; readonly 6?: number };
}

export const ICMP_REQUESTS: readonly IcmpRequest[] = [
  { name: "echo-request", number: 8, types: { 4: 8, 6: 128 } },
  { name: "timestamp-request", number: 13, types: { 4: 13 } },
  { name: "info-request", number: 15, types: { 4: 15 } },
  { name: "address-mask-request", number: 17, types: { 4: 17 } },
  { name: "node-information-query", number: 139, types: { 6: 139 } },
];

const BY_NUMBER: ReadonlyMap<number, IcmpRequest> = new Map(ICMP_REQUESTS.map((one) => [one.number, one]));

export const isIcmpRequest = (number: number): boolean => BY_NUMBER.has(number);

/** The requests that a family has. */
export const icmpRequestsOf = (family: 4 | 6): readonly IcmpRequest[] =>
  ICMP_REQUESTS.filter(({ types }) => types[family] !== undefined);

export const icmpName = (number: number): string => BY_NUMBER.get(number)?.name ?? `${number}`;

/** The types of one family of the requests with these numbers. A request that the family lacks has none. */
export const icmpTypes = (family: 4 | 6, numbers: readonly number[]): number[] =>
  numbers.flatMap((number) => BY_NUMBER.get(number)?.types[family] ?? []);
