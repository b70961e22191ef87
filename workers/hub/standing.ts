import type { Session } from "../../shared/access/sessions/types.ts";
import { mayCall } from "../../shared/api/endpoint.ts";
import type { Role } from "../../shared/api/fields.ts";
import { DENIED, GOES_ON, type Judgement, StreamWatch } from "../gateway/stream-watch.ts";
import type { Bindings } from "../platform/env.ts";
import { throwRefusal } from "../platform/refused.ts";
import type { Vouched } from "../session/current-session.ts";
import { administratorsSession, authenticate } from "./caller.ts";

/**
 * Watches the caller who follows a stream, as the gateway watches the streams of apps. The returned watch
 * aborts its signal within a second after the session ended, the role was removed or the token was deleted.
 * (A token that only expires is noticed when the stream is opened again.) Close the watch together with the
 * stream.
 */
export async function watchStanding(
  request: Request,
  bindings: Bindings,
  needed: Role,
): Promise<StreamWatch> {
  const session = await administratorsSession(request, bindings);
  const watch = session ? watchSession(session, bindings, needed) : watchToken(request, bindings, needed);
  await watch.start();
  if (watch.signal.aborted)
    throwRefusal("unavailable", "Your session can't be checked right now. Try again.");
  return watch;
}

function watchSession({ session, owner, epoch }: Vouched, bindings: Bindings, needed: Role): StreamWatch {
  const mayGoOn = ({ principal: { role, status } }: Session) => status === "active" && mayCall(role, needed);
  const caller = { kind: "user", session, owner, epoch } as const;
  return new StreamWatch(bindings, caller, epoch, async (_epoch, now) =>
    judgementOf(now === null || mayGoOn(now)),
  );
}

/** Each change of the registry raises the epoch. After each raise, the token is looked up again. */
function watchToken(request: Request, bindings: Bindings, needed: Role): StreamWatch {
  let checkedAt = -1;
  return new StreamWatch(bindings, { kind: "anonymous", epoch: 0 }, 0, async (epoch) => {
    if (epoch === checkedAt) return GOES_ON;
    const { role } = await authenticate(request, bindings);
    checkedAt = epoch;
    return judgementOf(mayCall(role, needed));
  });
}

const judgementOf = (goesOn: boolean): Judgement => (goesOn ? GOES_ON : DENIED);
