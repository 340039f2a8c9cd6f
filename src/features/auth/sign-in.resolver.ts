import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import type { Written } from "../../database/transaction.ts";
import { Action } from "../../graphql/attempts.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { ForAnybody } from "../../graphql/rules.ts";
import type { OpenedSession } from "./session.opening.ts";
import type { SessionService } from "./session.service.ts";
import { Session } from "./session.types.ts";
import { BeginPasskeySignInInput, CompleteSignInInput, RefreshSessionInput, SignInInput } from "./sign-in.inputs.ts";
import type { PendingChallenge, SignInOutcome, SignInService } from "./sign-in.service.ts";
import { PasskeyChallengePayload, type SignInChallenge, SignInPayload } from "./sign-in.types.ts";

/** How one comes to be signed in. Payloads are nullable, so that of several in one request each is tried, and counted, whatever became of the others. */
@Resolver()
export class SignInResolver {
  constructor(
    private readonly service: SignInService,
    private readonly sessions: SessionService,
  ) {}

  @Mutation(() => SignInPayload, {
    nullable: true,
    description:
      "Signs in by name and password. The answer has a session and its tokens, or says which second factor is asked for. A wrong name and a wrong password are refused in the same words; after too many attempts of an account, or from an address, with RATE_LIMITED.",
  })
  @ForAnybody()
  @Action("session.started")
  async signIn(
    @Arg("input", () => SignInInput, { description: "Who." }) input: SignInInput,
    @Ctx() context: GraphContext,
  ): Promise<SignInPayload> {
    const { name, password } = input.toCommand();
    return payloadOf(await this.service.signIn(context, name, password));
  }

  @Mutation(() => PasskeyChallengePayload, {
    nullable: true,
    description: "Begins a sign-in without a name or a password: complete it with what a passkey answers.",
  })
  @ForAnybody()
  @Action("session.begun")
  async beginPasskeySignIn(
    @Arg("input", () => BeginPasskeySignInInput, { description: "How." }) input: BeginPasskeySignInInput,
    @Ctx() context: GraphContext,
  ): Promise<PasskeyChallengePayload> {
    const { value, position } = await this.service.beginPasskey(context, input.toCommand().seconds);
    return { challenge: value.text, options: value.passkeyOptions as object, expiresAt: value.expiresAt, position };
  }

  @Mutation(() => SignInPayload, {
    nullable: true,
    description:
      "Completes a sign-in by a second factor, or by a passkey alone. Each challenge and each code is good once.",
  })
  @ForAnybody()
  @Action("session.started")
  async completeSignIn(
    @Arg("input", () => CompleteSignInInput, { description: "By what." }) input: CompleteSignInInput,
    @Ctx() context: GraphContext,
  ): Promise<SignInPayload> {
    const { challenge, proof } = input.toCommand();
    return payloadOf(await this.service.complete(context, challenge, proof));
  }

  @Mutation(() => SignInPayload, {
    nullable: true,
    description:
      "The next access token and the next refresh token of a session. The one that is given is used up; one that was used before ends its session, with all of its tokens. Send it without an Authorization header.",
  })
  @ForAnybody()
  async refreshSession(
    @Arg("input", () => RefreshSessionInput, { description: "By which token." }) input: RefreshSessionInput,
  ): Promise<SignInPayload> {
    const { value, position } = await this.sessions.refresh(input.toCommand().refreshToken);
    return payloadOf({ value: { opened: value }, position });
  }
}

function payloadOf({ value, position }: Written<SignInOutcome>): SignInPayload {
  const nothing = { accessToken: null, accessTokenExpiresAt: null, refreshToken: null, enrolFactorBy: null };
  if ("challenge" in value) return { ...nothing, session: null, challenge: shown(value.challenge), position };
  const { session, tokens, enrolFactorBy = null }: OpenedSession = value.opened;
  return { ...nothing, ...tokens, enrolFactorBy, session: new Session(session), challenge: null, position };
}

const shown = ({ text, methods, passkeyOptions, expiresAt }: PendingChallenge): SignInChallenge => ({
  id: text,
  methods: [...methods],
  passkeyOptions,
  expiresAt,
});
