import { BaseSequencer, type TestSpecification } from "vitest/node";

/*
 * The order in which the files of the tests begin: those that take long first, so that no worker is left alone with one at the end.
 */

/** By the seconds that they take in continuous integration; a file that is not here takes a few. */
const LONG: readonly string[] = [
  "access/matrix",
  "faults/stalled",
  "faults/connection-cut",
  "faults/disk-full",
  "faults/redis",
  "faults/frozen",
  "database/embedded",
  "tooling/start",
  "documents",
  "feed/subscriptions",
  "browser/graphiql",
  "tooling/token",
  "search/agreement",
  "features/imports/applying",
  "feed/sealer",
  "tooling/import",
  "tooling/verify-audit",
  "faults/crash",
  "features/demo/loading",
  "search/predicate-index",
  "feed/follower",
  "examples",
  "features/imports/refusing",
  "database/order",
  "database/derivation",
  "feed/audit-retention",
  "feed/retention",
  "tooling/bench",
];

/** Where a file stands among those that take long; behind them where it does not. */
const place = ({ moduleId }: TestSpecification): number => {
  const found = LONG.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return found < 0 ? LONG.length : found;
};

export class LongestFirst extends BaseSequencer {
  /** One project behind the other, since a worker goes on with files of its own project only; each by the table above. */
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const project = (file: TestSpecification) => file.project.name;
    return files.toSorted((a, b) => project(a).localeCompare(project(b)) || place(a) - place(b));
  }
}
