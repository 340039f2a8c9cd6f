import { FieldResolver, Resolver, Root } from "type-graphql";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar } from "../../graphql/scalars.ts";
import { restorableUntil } from "./user.following.ts";
import { User } from "./user.types.ts";

/** What the retention period says of a deleted user. */
@Resolver(() => User)
export class UserDeletionResolver {
  constructor(private readonly retentionDays: number) {}

  @FieldResolver(() => DateTimeScalar, {
    nullable: true,
    description:
      "Until when a deleted user can be restored; from then on they may be gone for good. Null for everybody else.",
  })
  @Read(carried)
  restorableUntil(@Root() { deletedAt }: User & { deletedAt?: Date | null }): Date | null {
    return deletedAt ? restorableUntil(deletedAt, this.retentionDays) : null;
  }
}
