/** The IPv4 range of every network's nodes (RFC 6598). */
export const OVERLAY_IPV4 = "100.64.0.0/10";
