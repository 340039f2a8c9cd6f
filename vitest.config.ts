import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/order.ts";

const postgres = process.env.TEST_DATABASE_URL ?? "";

/** Tests that touch no database, decide about one themselves, or walk the whole schema on the demo: once is enough. */
const WITHOUT_DATABASE = [
  "test/abuse/{frames,http,security,tokens}.test.ts",
  "test/architecture.test.ts",
  "test/browser/**",
  "test/config.test.ts",
  "test/documents.test.ts",
  "test/examples.test.ts",
  "test/features/demo/plausibility.test.ts",
  "test/features/plans/planned-fields.test.ts",
  "test/features/tables/**",
  "test/feed/shared-readings.test.ts",
  "test/kernel/**",
  "test/operations.test.ts",
  "test/search/{counting-columns,counting-index,limits,normal-form,parse,predicate-index,text-form,time}.test.ts",
  "test/server/**",
  "test/tooling/**",
];

/**
 * Those that take long beside what another database would show: on the server's where there is one, so that all of it stays within a quarter of an hour.
 * `npm test` without a server has them on the embedded one, and `npm run test:faults` its own on both.
 */
const ON_THE_SERVER =
  postgres === "" || process.env.TEST_FAULTS === "long"
    ? []
    : [
        "test/abuse/storm.test.ts",
        "test/access/**",
        "test/faults/{bulk,due-step,flood,import,import-memory,retention,stalled,time-tick}.test.ts",
        "test/features/{access-rules,approvals,attributes,auth,bulk,employment,groups,import-plans,imports,profile-templates,retention,roles,schedules,self-service}/**",
        "test/features/demo/loading.test.ts",
        "test/feed/{audit-retention,follower,retention,sealer,sealer-loop,subscriptions,table-comparison,tampering}.test.ts",
      ];

export default defineConfig({
  // Node gives everybody graphql's CommonJS build; Vite would give the tests the other one, and a schema of two realms.
  resolve: { alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve("graphql")) }] },
  oxc: { decorator: { legacy: true } },
  test: {
    setupFiles: ["test/support/setup.ts"],
    pool: "forks",
    // A worker goes on with the next file: the modules, the schema and PostgreSQL's program are there and warm. So a file leaves nothing behind.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    // One more than the cores that continuous integration has: many tests wait for a time to pass or for a process to start.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 20_000,
    projects: [
      {
        extends: true,
        test: {
          name: "embedded",
          include: ["test/**/*.test.ts"],
          exclude: ON_THE_SERVER,
          env: { TEST_DATABASE_URL: "" },
        },
      },
      ...(postgres === ""
        ? []
        : [
            {
              extends: true as const,
              test: {
                name: "postgresql",
                include: ["test/**/*.test.ts"],
                exclude: WITHOUT_DATABASE,
                env: { TEST_DATABASE_URL: postgres },
              },
            },
          ]),
    ],
  },
});
