/** Why a text is refused: the position, the problem there, and what to write instead. */
export interface TextError {
  readonly text: string;
  /** The position in characters. The first character is 1. */
  readonly position: number;
  readonly problem: string;
  readonly remedy: string;
}

const SHOWN = 80;

/** One sentence for people: `"tcp/0", character 5: there is no port 0. Name a port from 1 to 65535.` */
export function describeTextError({ text, position, problem, remedy }: TextError): string {
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  return `${JSON.stringify(shown)}, character ${position}: ${problem}. ${remedy}.`;
}
