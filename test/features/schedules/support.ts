import { uuidOf } from "../../../src/kernel/ids.ts";
import { someCause } from "../../support/database.ts";
import type { TestGateway } from "../../support/gateway.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of whatever was asked.
type Any = any;

export const SHOWN = `id version operation state effectiveAt effectiveOn timezone until finishedAt reason
  scheduledBy { kind name } failure { code message from permission } consequences { kind count subjectIds } user { id status }`;

const SCHEDULE = `mutation ($input: ScheduleTransitionInput!) { scheduleTransition(input: $input) { transition { ${SHOWN} } position } }`;
const CHANGE = `mutation ($input: ChangeScheduledTransitionInput!) { changeScheduledTransition(input: $input) { transition { ${SHOWN} } } }`;
const CANCEL = `mutation ($input: CancelScheduledTransitionInput!) { cancelScheduledTransition(input: $input) { transition { ${SHOWN} } } }`;

/** What is scheduled, over one gateway. */
export class Schedules {
  constructor(readonly gateway: TestGateway) {}

  async schedule(input: object, token?: string): Promise<Any> {
    return (await this.gateway.run(SCHEDULE, { input }, token)).scheduleTransition.transition;
  }

  refusal(input: object, token?: string) {
    return this.gateway.refusal(SCHEDULE, { input }, token);
  }

  async change(input: object, token?: string): Promise<Any> {
    return (await this.gateway.run(CHANGE, { input }, token)).changeScheduledTransition.transition;
  }

  refusedChange(input: object, token?: string) {
    return this.gateway.refusal(CHANGE, { input }, token);
  }

  async cancel(input: object, token?: string): Promise<Any> {
    return (await this.gateway.run(CANCEL, { input }, token)).cancelScheduledTransition.transition;
  }

  refusedCancel(input: object, token?: string) {
    return this.gateway.refusal(CANCEL, { input }, token);
  }

  async read(id: string): Promise<Any> {
    return (
      await this.gateway.run(`query ($id: ID!) { node(id: $id) { ... on ScheduledTransition { ${SHOWN} } } }`, { id })
    ).node;
  }

  async status(id: string): Promise<string | undefined> {
    return (await this.gateway.run("query ($id: ID!) { node(id: $id) { ... on User { status } } }", { id })).node
      ?.status;
  }

  /** An instant so many hours from now. */
  async hence(hours: number): Promise<string> {
    return new Date((await this.gateway.database.now()).getTime() + hours * 3_600_000).toISOString();
  }

  /** What the clock says, after a while, to whoever works then. */
  async after<T>(offset: string, work: () => Promise<T>): Promise<T> {
    this.gateway.database.moveClock(offset);
    try {
      return await work();
    } finally {
      this.gateway.database.moveClock("");
    }
  }

  /** Takes what is due after a while; gives how many steps that were. */
  run(offset: string): Promise<number> {
    return this.after(offset, () => this.gateway.schedules.due.run());
  }
}

/** Gives a person a time zone, whatever the API takes. */
export async function liveIn(gateway: TestGateway, id: string, timezone: string | null): Promise<void> {
  await gateway.database.write(someCause, (tx) =>
    tx.sql
      .updateTable("user_account")
      .set({ timezone })
      .where("id", "=", uuidOf("User", id, "id"))
      .execute(),
  );
}
