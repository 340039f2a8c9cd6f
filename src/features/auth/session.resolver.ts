import DataLoader from "dataloader";
import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from "type-graphql";
import { Action } from "../../graphql/attempts.ts";
import type { GraphContext, LoaderKey } from "../../graphql/context.ts";
import { ListSize } from "../../graphql/cost-declaration.ts";
import { DeletePayload } from "../../graphql/mutation-input.ts";
import { carried, ForViewer, over, Read, scoped } from "../../graphql/rules.ts";
import { publicId } from "../../kernel/ids.ts";
import type { UserLoader } from "../users/user.loaders.ts";
import { User } from "../users/user.types.ts";
import { RevokeSessionInput, RevokeUserSessionsInput, SignOutInput } from "./session.inputs.ts";
import type { SessionQueries } from "./session.queries.ts";
import type { SessionService } from "./session.service.ts";
import { RevokeSessionsPayload, Session } from "./session.types.ts";
import { ViewerType } from "./viewer.types.ts";

/** The sessions of many people, by the people's UUIDs, in one statement a tick. */
export interface SessionLoaders {
  open: LoaderKey<DataLoader<string, Session[]>>;
  all: LoaderKey<DataLoader<string, Session[]>>;
}

export function sessionLoaders(queries: SessionQueries): SessionLoaders {
  const reading = (includeEnded: boolean): SessionLoaders["open"] => ({
    create: () => new DataLoader((users) => queries.ofUsers(users, includeEnded)),
  });
  return { open: reading(false), all: reading(true) };
}

/** What a session shows, and what ends one. */
@Resolver(() => Session)
export class SessionResolver {
  constructor(
    private readonly service: SessionService,
    private readonly people: UserLoader,
  ) {}

  @FieldResolver(() => User, {
    nullable: true,
    description: "Whose it is; null where the viewer may not see them, and in the answer to a sign-in.",
  })
  @Read(scoped)
  async user(@Root() session: Session, @Ctx() context: GraphContext): Promise<User | null> {
    if (!context.identified) return null;
    return (await context.load(this.people).load(session.userId)) ?? null;
  }

  @FieldResolver(() => Boolean, { description: "Whether it is the one that this is asked in." })
  @Read(carried)
  current(@Root() session: Session, @Ctx() context: GraphContext): boolean {
    return context.identified && context.viewer.session?.id === session.uuid;
  }

  @Mutation(() => DeletePayload, {
    description:
      "Signs out: ends the session that this is sent in. Its tokens hold no more, and its sockets are closed.",
  })
  @ForViewer()
  @Action("session.signed_out")
  async signOut(
    @Arg("input", () => SignOutInput, { description: "Why, perhaps." }) input: SignOutInput,
    @Ctx() context: GraphContext,
  ): Promise<DeletePayload> {
    const { value, position } = await this.service.signOut(context, input.toCommand());
    return { deletedId: publicId("Session", value.id), position };
  }

  @Mutation(() => DeletePayload, {
    description:
      "Ends a session, one's own or, with SESSION_MANAGE over the person, another one's. Its tokens hold no more, and its sockets are closed with 4403 at once.",
  })
  @ForViewer()
  async revokeSession(
    @Arg("input", () => RevokeSessionInput, { description: "Which." }) input: RevokeSessionInput,
    @Ctx() context: GraphContext,
  ): Promise<DeletePayload> {
    const { value, position } = await this.service.revoke(context, input.toCommand());
    return { deletedId: publicId("Session", value.id), position };
  }

  @Mutation(() => RevokeSessionsPayload, {
    description: "Ends all sessions of a person: one's own or, with SESSION_MANAGE over them, another one's.",
  })
  @ForViewer()
  @Action("session.revoked")
  async revokeUserSessions(
    @Arg("input", () => RevokeUserSessionsInput, { description: "Whose." }) input: RevokeUserSessionsInput,
    @Ctx() context: GraphContext,
  ): Promise<RevokeSessionsPayload> {
    const { value, position } = await this.service.revokeAll(context, input.toCommand());
    return { revoked: value.revoked, position };
  }
}

/** What sessions add to whoever asks. */
@Resolver(() => ViewerType)
export class ViewerSessionResolver {
  constructor(private readonly sessions: SessionQueries) {}

  @FieldResolver(() => Session, {
    nullable: true,
    description: "The session that this is asked in; null for a token without one.",
  })
  @Read(scoped)
  async session(@Ctx() { viewer }: GraphContext): Promise<Session | null> {
    return viewer.session ? await this.sessions.find(viewer, viewer.session.id) : null;
  }
}

/** What sessions add to a user. */
@Resolver(() => User)
export class UserSessionsResolver {
  constructor(private readonly loaders: SessionLoaders) {}

  @ListSize(10)
  @FieldResolver(() => [Session], {
    nullable: true,
    description: "Where the user is signed in, the latest first. Needs USER_READ_SECURITY over the user.",
  })
  @Read(over("USER_READ_SECURITY"))
  sessions(
    @Root() user: User,
    @Arg("includeEnded", () => Boolean, {
      nullable: true,
      defaultValue: false,
      description: "Whether sessions that have ended are shown too: the latest 500 in all.",
    })
    includeEnded: boolean | null,
    @Ctx() context: GraphContext,
  ): Promise<Session[]> {
    return context.load(includeEnded ? this.loaders.all : this.loaders.open).load(user.userId);
  }
}
