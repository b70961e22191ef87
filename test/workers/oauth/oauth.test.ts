// One network for all of them.
import "./flow-tests.ts";
import "./mcp-tests.ts";
import "./attacks-tests.ts";
import "./token-attacks-tests.ts";
