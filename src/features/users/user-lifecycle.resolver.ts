import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import type { GraphContext } from "../../graphql/context.ts";
import { Needs } from "../../graphql/rules.ts";
import type { LifecycleOperation } from "./user.lifecycle.ts";
import type { UserQueries } from "./user.queries.ts";
import { userPayload } from "./user.resolver.ts";
import type { UserService } from "./user.service.ts";
import { UserPayload } from "./user.types.ts";
import {
  ActivateUserInput,
  ArchiveUserInput,
  DeactivateUserInput,
  DeleteUserInput,
  LockUserInput,
  ReinstateUserInput,
  RestoreUserInput,
  SuspendUserInput,
  type TransitionInput,
  UnlockUserInput,
} from "./user-lifecycle.inputs.ts";

const INPUT = { description: "Whom." };

/** The mutations that move a user along the lifecycle; `user.lifecycle.ts` says from where to where. */
@Resolver()
export class UserLifecycleResolver {
  constructor(
    private readonly service: UserService,
    private readonly queries: UserQueries,
  ) {}

  @Mutation(() => UserPayload, { description: "Gives a user access: PENDING, INACTIVE or ARCHIVED to ACTIVE." })
  @Needs("USER_LIFECYCLE")
  activateUser(
    @Arg("input", () => ActivateUserInput, INPUT) input: ActivateUserInput,
    @Ctx() context: GraphContext,
  ): Promise<UserPayload> {
    return this.#move(context, "activate", input);
  }

  @Mutation(() => UserPayload, {
    description: "Takes a user's access away: PENDING, ACTIVE, LOCKED or SUSPENDED to INACTIVE.",
  })
  @Needs("USER_LIFECYCLE")
  deactivateUser(
    @Arg("input", () => DeactivateUserInput, INPUT) input: DeactivateUserInput,
    @Ctx() context: GraphContext,
  ): Promise<UserPayload> {
    return this.#move(context, "deactivate", input);
  }

  @Mutation(() => UserPayload, { description: "Keeps a user out for safety: ACTIVE to LOCKED." })
  @Needs("USER_LIFECYCLE")
  lockUser(
    @Arg("input", () => LockUserInput, INPUT) input: LockUserInput,
    @Ctx() context: GraphContext,
  ): Promise<UserPayload> {
    return this.#move(context, "lock", input);
  }

  @Mutation(() => UserPayload, { description: "Ends a lock: LOCKED to ACTIVE." })
  @Needs("USER_LIFECYCLE")
  unlockUser(
    @Arg("input", () => UnlockUserInput, INPUT) input: UnlockUserInput,
    @Ctx() context: GraphContext,
  ): Promise<UserPayload> {
    return this.#move(context, "unlock", input);
  }

  @Mutation(() => UserPayload, { description: "Keeps a user out by decision: ACTIVE or LOCKED to SUSPENDED." })
  @Needs("USER_LIFECYCLE")
  suspendUser(
    @Arg("input", () => SuspendUserInput, INPUT) input: SuspendUserInput,
    @Ctx() context: GraphContext,
  ): Promise<UserPayload> {
    return this.#move(context, "suspend", input);
  }

  @Mutation(() => UserPayload, { description: "Ends a suspension: SUSPENDED to ACTIVE." })
  @Needs("USER_LIFECYCLE")
  reinstateUser(
    @Arg("input", () => ReinstateUserInput, INPUT) input: ReinstateUserInput,
    @Ctx() context: GraphContext,
  ): Promise<UserPayload> {
    return this.#move(context, "reinstate", input);
  }

  @Mutation(() => UserPayload, {
    description: "Puts away the record of somebody who left: PENDING, INACTIVE or SUSPENDED to ARCHIVED.",
  })
  @Needs("USER_LIFECYCLE")
  archiveUser(
    @Arg("input", () => ArchiveUserInput, INPUT) input: ArchiveUserInput,
    @Ctx() context: GraphContext,
  ): Promise<UserPayload> {
    return this.#move(context, "archive", input);
  }

  @Mutation(() => UserPayload, {
    description: "Soft delete: left out of searches and saved searches, restorable until the retention period ends.",
  })
  @Needs("USER_DELETE")
  deleteUser(
    @Arg("input", () => DeleteUserInput, INPUT) input: DeleteUserInput,
    @Ctx() context: GraphContext,
  ): Promise<UserPayload> {
    return this.#move(context, "delete", input);
  }

  @Mutation(() => UserPayload, {
    description:
      "Takes a deletion back: DELETED to the status before. CONFLICT where the name or address is taken by now.",
  })
  @Needs("USER_DELETE")
  restoreUser(
    @Arg("input", () => RestoreUserInput, INPUT) input: RestoreUserInput,
    @Ctx() context: GraphContext,
  ): Promise<UserPayload> {
    return this.#move(context, "restore", input);
  }

  async #move(context: GraphContext, operation: LifecycleOperation, input: TransitionInput): Promise<UserPayload> {
    return userPayload(this.queries, context, await this.service.transition(context, input.toCommand(operation)));
  }
}
