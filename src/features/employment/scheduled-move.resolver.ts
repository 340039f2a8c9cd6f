import DataLoader from "dataloader";
import { sql } from "kysely";
import { Ctx, Field, FieldResolver, ObjectType, Resolver, Root } from "type-graphql";
import type { Database } from "../../database/database.ts";
import type { GraphContext, LoaderKey } from "../../graphql/context.ts";
import { carried, Read, scoped } from "../../graphql/rules.ts";
import { JSONScalar } from "../../graphql/scalars.ts";
import { publicId, uuidOf } from "../../kernel/ids.ts";
import type { OrgUnitLoader } from "../org/org-unit.loaders.ts";
import { attributeName } from "../profile-templates/profile-template.matching.ts";
import { seesSchedulesOf } from "../schedules/scheduled-transition.service.ts";
import { ScheduledTransition } from "../schedules/scheduled-transition.types.ts";
import type { UserLoader } from "../users/user.loaders.ts";
import { mayReadNamed } from "../users/user.readable.ts";

@ObjectType({ description: "A value that a scheduled move writes." })
@Read(carried)
export class ScheduledMoveValue {
  @Field(() => String, { description: "The field, as transfer takes it; an attribute as attributes.<key>." })
  field!: string;

  @Field(() => JSONScalar, { nullable: true, description: "What it becomes; null: it is cleared." })
  value!: unknown;
}

@ObjectType({ description: "What a scheduled move says of a person." })
@Read(carried)
export class ScheduledMove {
  @Field(() => [ScheduledMoveValue], {
    description:
      "What it writes, of the fields that the viewer may read; a unit and a manager out of sight are left out.",
  })
  values!: ScheduledMoveValue[];

  @Field(() => [String], {
    nullable: true,
    description: "Which of the fields that templates offer by then are filled; null: all.",
  })
  fill!: string[] | null;
}

/** A move as it is kept. */
export interface KeptMove {
  changes: Record<string, unknown>;
  fill: string[] | null;
}

export type MoveLoader = LoaderKey<DataLoader<string, KeptMove | undefined>>;

/** Moves by the UUIDs of their steps, in one statement a tick. Whoever asks has decided that they may be seen. */
export const moveLoader = (database: Database): MoveLoader => ({
  create: () =>
    new DataLoader(async (ids) => {
      const { rows } = await sql<KeptMove & { id: string }>`
        SELECT transition_id AS id, changes, fill FROM transfer WHERE transition_id = ANY (${[...ids]}::uuid[])`.execute(
        database.reader,
      );
      const found = new Map(rows.map(({ id, changes, fill }) => [id, { changes, fill }]));
      return ids.map((id) => found.get(id));
    }),
});

/** What moves add to a scheduled step. */
@Resolver(() => ScheduledTransition)
export class ScheduledMoveResolver {
  constructor(
    private readonly moves: MoveLoader,
    private readonly people: UserLoader,
    private readonly units: OrgUnitLoader,
  ) {}

  @FieldResolver(() => ScheduledMove, {
    nullable: true,
    description: "What it writes, where it is a TRANSFER; null of any other step.",
  })
  @Read(scoped)
  async move(@Root() step: ScheduledTransition, @Ctx() context: GraphContext): Promise<ScheduledMove | null> {
    if (step.operation !== "TRANSFER") return null;
    const kept = await context.load(this.moves).load(uuidOf("ScheduledTransition", step.id, "id"));
    const user = await context.load(this.people).load(step.userId);
    if (!kept || !user || !seesSchedulesOf(context.viewer, user)) return null;
    const { attributes, orgUnitId, managerId, ...single } = kept.changes;
    const named = Object.entries(attributes ?? {}).map(([key, value]) => [attributeName(key), value] as const);
    const mayRead = mayReadNamed(context.viewer, user);
    const values = [...Object.entries(single), ...named]
      .filter(([field]) => mayRead(field))
      .map(([field, value]) => ({ field, value }));
    if (mayRead("orgUnit")) values.push(...(await this.#seen(context, "orgUnitId", orgUnitId)));
    if (mayRead("manager")) values.push(...(await this.#seen(context, "managerId", managerId)));
    return { values: values.sort((a, b) => (a.field < b.field ? -1 : 1)), fill: kept.fill };
  }

  async #seen(context: GraphContext, field: "orgUnitId" | "managerId", id: unknown): Promise<ScheduledMoveValue[]> {
    if (id === undefined) return [];
    if (typeof id !== "string") return [{ field, value: null }];
    const seen = await context
      .load<DataLoader<string, unknown>>(field === "orgUnitId" ? this.units : this.people)
      .load(id);
    return seen ? [{ field, value: publicId(field === "orgUnitId" ? "OrgUnit" : "User", id) }] : [];
  }
}
