import { describe, expect, it } from "vitest";
import { mailOf, slackTextOf, webhookBodyOf } from "../../../shared/notifications/message.ts";
import { groupsOf, type Notice } from "../../../shared/notifications/notice.ts";
import { aboutEvent, EVENTS, headline } from "../../../shared/notifications/topics.ts";

const SENDER = { network: "Example", hubOrigin: "https://hub.example.com" };
const notice = (id: number, event: string, subject: string, page = `nodes/nod_${id}`): Notice => ({
  id,
  event,
  at: 0,
  subject,
  page,
});
const pending = (count: number) =>
  Array.from({ length: count }, (_, n) => notice(n, "node.pending", `node-${n}`));

describe("the words of a message", () => {
  it("tell of many of one kind in one line, with some of their names and where to look", () => {
    const { subject, text } = mailOf(groupsOf(pending(12)), SENDER);
    expect(subject).toBe("[Example] 12 nodes want approval");
    expect(text).toContain("12 nodes want approval.\n  - node-0\n");
    expect(text).toContain("  - and 2 more\n  https://hub.example.com/#/nodes\n");
    expect(text).not.toContain("node-10");
  });

  it("tell of one by its own page, and of several kinds in one message", () => {
    const groups = groupsOf([...pending(1), notice(5, "owner.new", "eve@corp.com", "people/usr_5")]);
    expect(mailOf(groups, SENDER).subject).toBe("[Example] A node wants approval and 1 more thing");
    expect(slackTextOf(groups, SENDER)).toBe(
      "*Example*: <https://hub.example.com/#/nodes/nod_0|A node wants approval>\n• node-0\n" +
        "*Example*: <https://hub.example.com/#/people/usr_5|A person became an owner>\n• eve@corp.com",
    );
  });

  it("are words for every event that there is", () => {
    for (const event of EVENTS) {
      expect(aboutEvent(event)).not.toMatch(/_|undefined/);
      expect(headline(event, 1)).toMatch(/^[A-Z]/);
      expect(headline(event, 3)).toContain("3 ");
    }
  });

  it("hold names of strangers as names: no mention, no link, no further line, no other direction", () => {
    const evil = "<!channel> <https://evil.example|Approve> & \r\nBcc: all@corp.com\u202e";
    const groups = groupsOf([notice(1, "node.pending", evil)]);
    const slack = slackTextOf(groups, SENDER);
    expect(slack).toContain("&lt;!channel&gt; &lt;https://evil.example|Approve&gt; &amp; \\u000d\\u000aBcc:");
    expect(slack.split("\n")).toHaveLength(2);
    const { subject, text } = mailOf(groups, SENDER);
    expect(subject).toBe("[Example] A node wants approval");
    expect(text).not.toMatch(/\r|\u202e|^Bcc/m);
    expect(mailOf(groups, { ...SENDER, network: "x\r\nBcc: y" }).subject).not.toMatch(/[\r\n]/);
    expect(webhookBodyOf(groups, SENDER, 0)).not.toContain("\u202e");
  });

  it("are bounded, however much there is to tell", () => {
    const long = Array.from({ length: 1_000 }, (_, n) =>
      notice(n, "node.pending", `${n}${"x".repeat(10_000)}`),
    );
    expect(mailOf(groupsOf(long), SENDER).text.length).toBeLessThan(3_000);
    const body = webhookBodyOf(groupsOf(long), SENDER, 0);
    expect(body.length).toBeLessThan(50_000);
    expect(JSON.parse(body).data.groups[0]).toMatchObject({ event: "node.pending", count: 1_000 });
  });
});
