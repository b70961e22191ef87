import * as z from "zod/mini";
import type { Endpoint } from "../endpoint.ts";
import { listQuery, page } from "../fields.ts";
import * as m from "../mesh-tests.ts";

/** Tests of the rules between nodes. */
export const MESH_TEST_ENDPOINTS = {
  "meshTests.list": {
    method: "GET",
    path: "/api/v1/mesh/tests",
    role: "auditor",
    summary: "List tests of the rules between nodes",
    query: z.strictObject(listQuery),
    response: page(m.meshTest),
  },
  "meshTests.create": {
    method: "POST",
    path: "/api/v1/mesh/tests",
    role: "admin",
    summary: "Add a test of the rules between nodes; it must pass",
    body: m.meshTestCreate,
    response: m.meshTest,
    status: 201,
  },
  "meshTests.get": {
    method: "GET",
    path: "/api/v1/mesh/tests/{meshTest}",
    role: "auditor",
    summary: "Show a test of the rules between nodes",
    response: m.meshTest,
  },
  "meshTests.update": {
    method: "PATCH",
    path: "/api/v1/mesh/tests/{meshTest}",
    role: "admin",
    summary: "Change a test of the rules between nodes; it must pass",
    body: m.meshTestUpdate,
    response: m.meshTest,
    ifMatch: true,
  },
  "meshTests.delete": {
    method: "DELETE",
    path: "/api/v1/mesh/tests/{meshTest}",
    role: "admin",
    summary: "Delete a test of the rules between nodes",
    response: null,
    ifMatch: true,
  },
  "meshTests.run": {
    method: "GET",
    path: "/api/v1/mesh/test-run",
    role: "auditor",
    summary: "Run all tests of the rules between nodes on the network as it is",
    response: m.meshTestRun,
  },
} as const satisfies Record<string, Endpoint>;
