import { existsSync } from "node:fs";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Takes first the files whose tests stand in a folder of their name (`dashboard.test.ts` and `dashboard/`), and then the
 * others as Vitest does: by what they took, or by their size. The size of a file that was split says nothing.
 */
export class SplitFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isSplit = ({ moduleId }: TestSpecification) => existsSync(moduleId.replace(/\.test\.ts$/, ""));
    return [...sorted.filter(isSplit), ...sorted.filter((file) => !isSplit(file))];
  }
}
