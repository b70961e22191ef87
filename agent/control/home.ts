import { existsSync } from "node:fs";
import { SerialQueue } from "../../shared/base/async/serial-queue.ts";
import { messageOf } from "../failure.ts";
import type { Lock } from "../state/lock.ts";
import type { Store } from "../state/store.ts";
import { socketPath } from "./protocol.ts";
import { type ControlHandler, serveControl } from "./server.ts";

const LOOK_MS = 10_000;

/**
 * Keeps a running agent within reach of its commands. When its state directory is cleared under it (by hand, or by what
 * clears temporary files), the lock, the socket and what can be had from nowhere else are put back: else a second agent
 * could start beside it, and `down` would find none.
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
