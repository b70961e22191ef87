import { describe, expect, it } from "vitest";
import { messageOf, messagesOf, recordOf } from "../../../shared/base/errors/cause.ts";
import { logLine } from "../../../shared/base/log-line.ts";

describe("I8: a line of the log", () => {
  it("names the level, the event, the request, and the error with its stack and every cause", () => {
    const bottom = new TypeError("the socket closed");
    const error = new Error("the log is away", { cause: new Error("no answer", { cause: bottom }) });
    const line = JSON.parse(logLine("error", "audit_log_unavailable", { requestId: "r-1" }, error));
    expect(line).toMatchObject({
      level: "error",
      event: "audit_log_unavailable",
      requestId: "r-1",
      error: {
        name: "Error",
        message: "the log is away",
        cause: { message: "no answer", cause: { name: "TypeError", message: "the socket closed" } },
      },
    });
    expect(line.error.stack).toContain("log-line.test.ts");
    expect(line.error.cause.cause.stack).toContain("log-line.test.ts");
  });

  it("is one line, whatever was thrown and however long or round it is", () => {
    const round = new Error("a\nb");
    round.cause = round;
    for (const thrown of [round, "only\na text", null, 7, Symbol("s"), new Error("x".repeat(1_000_000))]) {
      const line = logLine("error", "e", {}, thrown);
      expect(line).not.toContain("\n");
      expect(line.length).toBeLessThan(100_000);
      expect(JSON.parse(line).error.message).toBeTypeOf("string");
    }
    expect(JSON.parse(logLine("info", "recheck_done", { checked: 2 }))).toEqual({
      level: "info",
      event: "recheck_done",
      checked: 2,
    });
  });

  it("finds in the causes what the outermost error does not say", () => {
    const error = new Error("D1_ERROR", { cause: new Error("UNIQUE constraint failed: nodes.name") });
    expect(messagesOf(error)).toBe("D1_ERROR\nUNIQUE constraint failed: nodes.name");
    expect(messageOf("a text")).toBe("a text");
    expect(recordOf(undefined)).toBeUndefined();
  });
});
