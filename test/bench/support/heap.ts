import { once } from "node:events";
import WebSocket from "ws";

/** What a process of Node holds after everything that nobody needs was collected. In MiB. */
export interface Held {
  readonly heap: number;
  /** Memory beside the heap that objects own, such as buffers. */
  readonly external: number;
  readonly resident: number;
}

const MIB = 1024 * 1024;

/** Collects the garbage of a process that listens for an inspector, and says what is left. */
export async function heldAfterCollection(inspectorPort: number): Promise<Held> {
  const answer = await fetch(`http://127.0.0.1:${inspectorPort}/json/list`);
  const [target] = (await answer.json()) as [{ readonly webSocketDebuggerUrl: string }];
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await once(socket, "open");
  let id = 0;
  const call = async (method: string, params: object = {}): Promise<unknown> => {
    const own = ++id;
    socket.send(JSON.stringify({ id: own, method, params }));
    for (;;) {
      const [data] = (await once(socket, "message")) as [Buffer];
      const message = JSON.parse(data.toString()) as { readonly id?: number; readonly result?: unknown };
      if (message.id === own) return message.result;
    }
  };
  // What finalizers let go of is collected by the next one.
  for (let n = 0; n < 3; n++) await call("HeapProfiler.collectGarbage");
  const expression = "JSON.stringify(process.memoryUsage())";
  const { result } = (await call("Runtime.evaluate", { expression })) as { result: { value: string } };
  socket.terminate();
  const { heapUsed, external, rss } = JSON.parse(result.value) as NodeJS.MemoryUsage;
  return { heap: heapUsed / MIB, external: external / MIB, resident: rss / MIB };
}
