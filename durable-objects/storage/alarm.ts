/** Makes sure that the object's one alarm rings no later than `at`. An alarm that rings early re-arms itself. */
export async function ringBy(storage: DurableObjectStorage, at: number | null): Promise<void> {
  if (at === null || at === Number.POSITIVE_INFINITY) return;
  const current = await storage.getAlarm();
  if (current === null || current > at) await storage.setAlarm(at);
}
