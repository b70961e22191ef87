import type * as Cedar from "@cedar-policy/cedar-wasm";
// @ts-expect-error: the package's glue, which has no declaration of its own; its functions are those of `Cedar`.
import * as glue from "../../node_modules/@cedar-policy/cedar-wasm/esm/cedar_wasm_bg.js";
// @ts-expect-error: workerd gives a WebAssembly.Module for it; there is no declaration.
import module from "../../node_modules/@cedar-policy/cedar-wasm/esm/cedar_wasm_bg.wasm";

export type { Cedar };

interface Exports extends WebAssembly.Exports {
  readonly memory: WebAssembly.Memory;
  readonly __wbindgen_start: () => void;
}

let instance: Exports | null = null;

/** Cedar broke while it worked on a text. It is loaded anew for the next one. */
export class CedarBroke extends Error {}

/**
 * Asks Cedar. After a trap its memory may hold anything, so an instance that threw is thrown away: nobody pays for
 * another's text. Throws `CedarBroke`.
 */
export function askCedar<T>(ask: (cedar: typeof Cedar) => T): T {
  instance ??= load();
  try {
    return ask(glue as typeof Cedar);
  } catch (error) {
    // The glue keeps views of this memory; growing it, by nothing even, makes the glue take new ones.
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
