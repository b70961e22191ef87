import type { NetworkDocument } from "../../shared/api/document.ts";
import { writeYaml } from "./write-yaml.ts";

const ABOUT = `The whole network, as \`rustronaut export\` writes it and \`rustronaut apply -f FILE\` takes it.
What a section names is made so; what it does not name stays, unless you give --prune.

Not here, because it is secret or belongs to one machine:
- client secrets of identity providers: add \`clientSecret\` to set one; left out, it stays as it is
- secrets of service tokens: after one is made here, \`rustronaut service-tokens rotate NAME\` gives its secret
- tokens of signal transmitters and receivers and keys of log destinations: \`rustronaut transmitters rotate NAME\`,
  \`receivers rotate\` and \`log-destinations rotate\` give new ones; of a receiver's address only the origin is here
- what goes with it as \`authorization\`: add it to set it; left out, it stays as it is
- API tokens, enrolment keys and the root of trust
- nodes themselves: a node enrols by its key; this file says its segment, tags, owner, routes and expiry
- what identity providers say of people: their sign-ins and the groups that they claim`;

/** The document as a file for people. The same document gives the same bytes. */
export const exportedYaml = (document: NetworkDocument): string => writeYaml(document, ABOUT);
