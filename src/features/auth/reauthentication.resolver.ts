import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { Action } from "../../graphql/attempts.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { ForViewer } from "../../graphql/rules.ts";
import { BeginPasskeyInput, ChangePasswordInput, ReauthenticateInput } from "./factor.inputs.ts";
import { PasswordPayload } from "./factor.types.ts";
import type { SessionQueries } from "./session.queries.ts";
import type { Reauthentication } from "./session.reauthentication.ts";
import { type Session, SessionPayload } from "./session.types.ts";
import { PasskeyChallengePayload } from "./sign-in.types.ts";

/** How people prove in their session that it is still them. */
@Resolver()
export class ReauthenticationResolver {
  constructor(
    private readonly service: Reauthentication,
    private readonly sessions: SessionQueries,
  ) {}

  @Mutation(() => SessionPayload, {
    description:
      "Proves that it is still the same person, by a second factor where they have one, else by the password. What wants a recent authentication is then allowed for a while.",
  })
  @ForViewer()
  @Action("session.reauthenticated")
  async reauthenticate(
    @Arg("input", () => ReauthenticateInput, { description: "By what." }) input: ReauthenticateInput,
    @Ctx() context: GraphContext,
  ): Promise<SessionPayload> {
    const { value, position } = await this.service.reauthenticate(context, input.toCommand());
    return { session: (await this.sessions.get(value.sessionId)) as Session, position };
  }

  @Mutation(() => PasskeyChallengePayload, { description: "What a passkey has to sign for reauthenticate." })
  @ForViewer()
  @Action("session.reauthenticated")
  async beginPasskeyUse(
    @Arg("input", () => BeginPasskeyInput, { description: "Why, perhaps." }) _input: BeginPasskeyInput,
    @Ctx() context: GraphContext,
  ): Promise<PasskeyChallengePayload> {
    const { value, position } = await this.service.beginPasskey(context);
    return { challenge: value.text, options: value.options, expiresAt: value.expiresAt, position };
  }

  @Mutation(() => PasswordPayload, {
    description: "Sets a new password by the one that is known. All other sessions of the person end.",
  })
  @ForViewer()
  @Action("user.password_changed")
  async changePassword(
    @Arg("input", () => ChangePasswordInput, { description: "From which to which." }) input: ChangePasswordInput,
    @Ctx() context: GraphContext,
  ): Promise<PasswordPayload> {
    const { value, position } = await this.service.changePassword(context, input.toCommand());
    return { consequences: value.consequences, position };
  }
}
