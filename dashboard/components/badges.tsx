export function Outcome({ decision }: { readonly decision: "allow" | "deny" }) {
  return <span className={decision === "allow" ? "badge good" : "badge bad"}>{decision}</span>;
}

export function OnOff({ on, off = "off" }: { readonly on: boolean; readonly off?: string }) {
  return <span className={on ? "badge good" : "badge warn"}>{on ? "on" : off}</span>;
}
