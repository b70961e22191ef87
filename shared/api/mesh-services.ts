import * as z from "zod/mini";
import { SERVICE_NAME, SERVICE_TRAFFIC } from "../segments/service.ts";
import * as f from "./fields.ts";

/** Traffic with a name, for rules between nodes. */

const input = {
  name: f.said(
    z
      .string()
      .check(
        z.regex(
          SERVICE_NAME,
          "must be 1 to 63 lower-case letters from a to z, digits, dots, hyphens and underscores: no others, even if they look alike",
        ),
      ),
    "what rules call it: `service:NAME`",
  ),
  description: f.said(f.line(500), "what it is"),
  traffic: f.said(
    z.array(f.line(200).check(z.minLength(1))).check(z.minLength(1), z.maxLength(SERVICE_TRAFFIC)),
    "its traffic: `tcp/443`, `tcp/8000-8100`, `udp/53`, `icmp/echo-request`",
  ),
};

export const meshService = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  traffic: z.array(z.string()),
  ...f.rowFields,
});
const { description, ...required } = input;
export const meshServiceCreate = z.extend(z.partial(z.strictObject({ description })), required);
export const meshServiceUpdate = z.partial(z.strictObject(input));
