/** An option of the command line that can't be used. The message is for the person who gave the option. */
export class OptionRefused extends Error {}

const MOST = 16;

/**
 * The `host:port` pairs that `--allow` names: applications on this machine or in its network that the local
 * gateway may reach. A scheme before the host is ignored, because people copy addresses from their browser.
 *
 * @throws OptionRefused If a host or a port is missing.
 */
export function allowedHosts(argv: readonly string[]): string[] {
  const named = argv.flatMap((word, at) => {
    if (word === "--allow") return [argv[at + 1] ?? ""];
    return word.startsWith("--allow=") ? [word.slice("--allow=".length)] : [];
  });
  if (named.length > MOST) throw new OptionRefused(`--allow can be given ${MOST} times at most.`);
  return [...new Set(named.map(hostAndPort))];
}

function hostAndPort(text: string): string {
  const authority = /^(?:https?:\/\/)?([^/?#@\s,]+)\/?$/i.exec(text)?.[1];
  const url = authority && URL.canParse(`http://${authority}`) ? new URL(`http://${authority}`) : null;
  const port = authority ? /:(\d{1,5})$/.exec(authority)?.[1] : undefined;
  if (!url || port === undefined || Number(port) < 1) {
    throw new OptionRefused(
      `--allow ${text}: name the host and the port of your application, as in --allow 127.0.0.1:3000.`,
    );
  }
  return `${url.hostname}:${Number(port)}`;
}
