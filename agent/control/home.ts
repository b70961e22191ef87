import { existsSync } from "node:fs";
import { SerialQueue } from "../../shared/base/async/serial-queue.ts";
import { messageOf } from "../failure.ts";
import type { Lock } from "../state/lock.ts";
import type { Store } from "../state/store.ts";
import { socketPath } from "./protocol.ts";
import { type ControlHandler, serveControl } from "./server.ts";

const LOOK_MS = 10_000;

/**
 * Keeps a running agent within reach of its commands. A person or a program that clears temporary files may empty the
 * state directory while the agent runs. Then this function puts back the lock, the socket and the files that have no
 * other source. Without them a second agent could start beside this one, and `down` would find no agent.
 * @param onTrouble Is told once why something can't be put back.
 */
export async function keepHome(
  store: Store,
  lock: Lock,
  handle: ControlHandler,
  onTrouble: (message: string) => void,
): Promise<{ readonly close: () => Promise<void> }> {
  let control = await serveControl(store.directory, handle);
  const look = async () => {
    await store.restore();
    await lock.renew();
    if (existsSync(socketPath(store.directory))) return;
    await control.close();
    control = await serveControl(store.directory, handle);
  };
  let trouble = "";
  const lookAndTell = async () => {
    const before = trouble;
    trouble = await look().then(() => "", messageOf);
    if (trouble !== "" && trouble !== before) onTrouble(trouble);
  };
  const looks = new SerialQueue();
  const ticker = setInterval(() => {
    void looks.run(lookAndTell);
  }, LOOK_MS);
  return {
    close: async () => {
      clearInterval(ticker);
      await looks.idle();
      await control.close();
    },
  };
}
