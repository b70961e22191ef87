/** The name by which people know the network. */
export async function networkName(db: D1Database): Promise<string> {
  const row = await db.prepare("SELECT name FROM networks WHERE id = 1").first<{ name: string }>();
  return row?.name ?? "";
}
