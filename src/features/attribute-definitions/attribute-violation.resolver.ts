import DataLoader from "dataloader";
import { sql } from "kysely";
import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { hiddenKeys } from "../../access/attribute-policy.ts";
import type { Database } from "../../database/database.ts";
import type { GraphContext, LoaderKey } from "../../graphql/context.ts";
import { over, Read, scoped } from "../../graphql/rules.ts";
import { fieldOf } from "../../search/catalogue.ts";
import { type Accepting, type AttributeProblemKind, problemMessage } from "../attributes/attribute.problems.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { UserLoader } from "../users/user.loaders.ts";
import { User } from "../users/user.types.ts";
import { AttributeProblem, AttributeViolation } from "./attribute-definition.types.ts";

interface Found {
  user_id: string;
  key: string;
  problem: AttributeProblemKind;
  accepting: Accepting;
}

type ProblemLoader = LoaderKey<DataLoader<string, Found[]>>;

/** What is wrong with people's attributes by what is defined now, by their UUIDs, in one statement a tick. */
const problemLoader = (database: Database): ProblemLoader => ({
  create: () =>
    new DataLoader(async (ids) => {
      const { rows } = await sql<Found>`
        SELECT u.user_id, d.key, found.problem, jsonb_build_object('type', d.type, 'pattern', d.pattern, 'minimum', d.minimum,
          'maximum', d.maximum, 'earliest', d.earliest, 'latest', d.latest, 'minLength', d.min_length, 'maxLength', d.max_length,
          'choices', d.choices) AS accepting
        FROM user_search u CROSS JOIN attribute_definition d
        CROSS JOIN LATERAL (SELECT attribute_problem(d, u.attributes -> d.key) AS problem) found
        WHERE u.user_id = ANY (${[...ids]}::uuid[]) AND found.problem IS NOT NULL ORDER BY d.key COLLATE "C"`.execute(
        database.reader,
      );
      const byUser = Map.groupBy(rows, (row) => row.user_id);
      return ids.map((id) => byUser.get(id) ?? []);
    }),
});

/** What definitions add to people. */
@Resolver(() => User)
export class UserAttributeProblemsResolver {
  readonly #problems: ProblemLoader;

  constructor(database: Database) {
    this.#problems = problemLoader(database);
  }

  @FieldResolver(() => [AttributeProblem], {
    nullable: true,
    description:
      "What is wrong with the person's custom attributes by what is defined now, of those that the viewer may read: values that stood before a definition changed.",
  })
  @Read(over("USER_READ"))
  async attributeProblems(@Root() user: User, @Ctx() context: GraphContext): Promise<AttributeProblem[]> {
    const found = await context.load(this.#problems).load(user.userId);
    const hidden = hiddenKeys(context.viewer, fieldOf(userCatalogue, "attributes"), user);
    return found
      .filter(({ key }) => !hidden.has(key))
      .map(({ key, problem, accepting }) => ({ key, problem, message: problemMessage(problem, accepting).message }));
  }
}

/** Whom a preview is about. */
@Resolver(() => AttributeViolation)
export class AttributeViolationResolver {
  constructor(private readonly people: UserLoader) {}

  @FieldResolver(() => User, { nullable: true, description: "Whom it would make invalid." })
  @Read(scoped)
  async user(@Root() { userId }: AttributeViolation, @Ctx() context: GraphContext): Promise<User | null> {
    return (await context.load(this.people).load(userId)) ?? null;
  }
}
