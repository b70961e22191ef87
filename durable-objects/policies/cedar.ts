import type * as Cedar from "@cedar-policy/cedar-wasm";
// @ts-expect-error: the package's glue has no declaration of its own. Its functions are those of `Cedar`.
import * as glue from "../../node_modules/@cedar-policy/cedar-wasm/esm/cedar_wasm_bg.js";
// @ts-expect-error: workerd gives a WebAssembly.Module for it. There is no declaration.
import module from "../../node_modules/@cedar-policy/cedar-wasm/esm/cedar_wasm_bg.wasm";
import { CedarBroke } from "../../shared/access/policy/parse.ts";

interface Exports extends WebAssembly.Exports {
  readonly memory: WebAssembly.Memory;
  readonly __wbindgen_start: () => void;
}

let instance: Exports | null = null;

/**
 * Asks Cedar. After a trap, the memory of an instance may contain anything. So an instance that threw is thrown away,
 * and one text can't harm another. Throws `CedarBroke`.
 */
export function askCedar<T>(ask: (cedar: typeof Cedar) => T): T {
  instance ??= load();
  try {
    return ask(glue as typeof Cedar);
  } catch (error) {
    // The glue keeps views of this memory. When the memory grows, even by nothing, the glue takes new views.
    instance.memory.grow(0);
    instance = null;
    throw new CedarBroke("Cedar's parser broke", { cause: error });
  }
}

function load(): Exports {
  const { exports } = new WebAssembly.Instance(module as WebAssembly.Module, { "./cedar_wasm_bg.js": glue });
  glue.__wbg_set_wasm(exports);
  const loaded = exports as Exports;
  loaded.__wbindgen_start();
  return loaded;
}
