import { createServer, type Server } from "node:http";

/** A mail as the mail service received it. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
}

export interface Mailbox {
  /** The URL for sending mail, with the same interface as Resend: `POST` of JSON with a bearer token. */
  readonly url: string;
  readonly server: Server;
}

/** A mail service that sends nothing. It gives each mail to `onMail`. */
export async function startMailbox(port: number, onMail: (mail: ReceivedMail) => void): Promise<Mailbox> {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      const isMail = request.method === "POST" && request.headers.authorization?.startsWith("Bearer ");
      if (!isMail) {
        response.writeHead(401).end();
        return;
      }
      const mail = JSON.parse(body) as Partial<ReceivedMail>;
      if (!mail.to) {
        response.writeHead(422).end();
        return;
      }
      onMail(mail as ReceivedMail);
      response.writeHead(200, { "Content-Type": "application/json" }).end('{"id":"local"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${port}/emails`, server };
}
