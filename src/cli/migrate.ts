import { readConfig } from "../config.ts";
import { migrate } from "../database/migrate.ts";
import { describeFailure } from "../kernel/start-error.ts";
import { databaseConfig } from "../opening.ts";
import { announcerTo } from "../server/announcer.ts";

/** `npm run migrate`: brings the configured database to this version's schema and ends; a gateway does the same when it starts. */
async function run(): Promise<void> {
  const config = readConfig();
  const announcer = announcerTo(process.stdout);
  const { applied } = await announcer.step("Migrating the database", () => migrate(databaseConfig(config)));
  announcer.say(applied.length === 0 ? "It was up to date." : `Applied ${applied.join(", ")}.`);
}

run().catch((error: unknown) => {
  process.stderr.write(describeFailure(error));
  process.exitCode = 1;
});
