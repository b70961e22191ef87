/**
 * Sets the object's one alarm to the earliest of all times at which something is due. Not awaited: it is written
 * together with the rows that were changed before it.
 */
export function ringAt(storage: DurableObjectStorage, times: readonly (number | null)[]): void {
  const due = times.filter((at) => at !== null && Number.isFinite(at)) as number[];
  if (due.length > 0) void storage.setAlarm(Math.min(...due));
}
