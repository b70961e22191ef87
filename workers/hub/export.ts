import { type ExportFormat, exportHead, exportLine, MAX_EXPORTED } from "../../shared/audit/export.ts";
import type { AuditQuery } from "../../shared/audit/types.ts";
import type { Bindings } from "../platform/env.ts";
import { auditObject } from "../platform/objects.ts";

const PAGE = 200;
const TYPES = { csv: "text/csv; charset=utf-8", ndjson: "application/x-ndjson" } as const;

/**
 * The results of a search as a file. They are read page by page, as fast as the client reads, so that the hub
 * never holds all of them. The file ends at `MAX_EXPORTED` entries. A failure breaks the stream, so that
 * nobody takes half a file for a whole one.
 */
export function exportLog(
  bindings: Bindings,
  query: AuditQuery,
  format: ExportFormat,
  name: string,
): Response {
  const encoder = new TextEncoder();
  let cursor: number | null = query.cursor ?? null;
  let left = MAX_EXPORTED;
  const body = new ReadableStream<Uint8Array>({
    start: (stream) => stream.enqueue(encoder.encode(exportHead(format))),
    pull: async (stream) => {
      const asked: AuditQuery = { ...query, limit: PAGE, ...(cursor === null ? {} : { cursor }) };
      const { rows, next } = await auditObject(bindings).query(asked);
      const some = rows.slice(0, left);
      left -= some.length;
      stream.enqueue(encoder.encode(some.map((row) => exportLine(format, row)).join("")));
      if (next === null || next === cursor || left === 0) stream.close();
      cursor = next;
    },
  });
  return new Response(body, {
    headers: {
      "content-type": TYPES[format],
      "content-disposition": `attachment; filename="${name}.${format}"`,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "x-rustronaut-response": "export",
    },
  });
}
