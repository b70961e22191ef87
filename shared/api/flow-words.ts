/** The traffic of a flow in the words of rules: `tcp/443`, `icmp`, or `tcp` for many ports together. */
export const trafficOf = ({
  protocol,
  port,
}: {
  readonly protocol: string;
  readonly port: number | null;
}): string => (port === null ? protocol : `${protocol}/${port}`);
