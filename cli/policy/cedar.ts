import { type AskCedar, CedarBroke, parsePolicies } from "../../shared/access/policy/parse.ts";

/** Reads policies without a hub. Cedar is loaded only when it is needed, because it is large. */
export async function parserOfPolicies() {
  const cedar = await import("@cedar-policy/cedar-wasm/nodejs");
  const ask: AskCedar = (question) => {
    try {
      return question(cedar);
    } catch (error) {
      throw new CedarBroke("Cedar's parser broke", { cause: error });
    }
  };
  return (source: string, name: string) => parsePolicies(source, name, ask, () => Promise.resolve());
}
