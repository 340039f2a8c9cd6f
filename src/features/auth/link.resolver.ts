import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { Action } from "../../graphql/attempts.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { ForAnybody, ForViewer, Needs } from "../../graphql/rules.ts";
import type { UserLoader } from "../users/user.loaders.ts";
import {
  AcceptInvitationInput,
  InviteUserInput,
  RequestEmailVerificationInput,
  RequestPasswordResetInput,
  ResetPasswordInput,
  VerifyEmailInput,
} from "./link.inputs.ts";
import type { LinkLimits, PasswordResetRequests } from "./link.requests.ts";
import type { LinkService } from "./link.service.ts";
import {
  AcceptInvitationPayload,
  InviteUserPayload,
  LinkPasswordPayload,
  RequestEmailVerificationPayload,
  RequestPasswordResetPayload,
  VerifyEmailPayload,
} from "./link.types.ts";

/** How people are let in by mail. */
@Resolver()
export class LinkResolver {
  constructor(
    private readonly service: LinkService,
    private readonly requests: PasswordResetRequests,
    private readonly limits: LinkLimits,
    private readonly people: UserLoader,
  ) {}

  @Mutation(() => InviteUserPayload, {
    description:
      "Sends somebody a link by which they choose their first password; whoever is PENDING becomes ACTIVE by it. Needs USER_LIFECYCLE over them, and everything that they were granted. A former invitation holds no more.",
  })
  @Needs("USER_LIFECYCLE")
  async inviteUser(
    @Arg("input", () => InviteUserInput, { description: "Whom." }) input: InviteUserInput,
    @Ctx() context: GraphContext,
  ): Promise<InviteUserPayload> {
    const { value, position } = await this.service.invite(context, input.toCommand());
    const user = (await context.load(this.people).load(value.userId)) ?? null;
    return { user, expiresAt: new Date(value.expiresAt), position };
  }

  @Mutation(() => AcceptInvitationPayload, {
    description:
      "Accepts an invitation by choosing a password. The address that it was sent to is verified by it. Whose start is to come may sign in from then on: startsAt says when.",
  })
  @ForAnybody()
  async acceptInvitation(
    @Arg("input", () => AcceptInvitationInput, { description: "By what." }) input: AcceptInvitationInput,
    @Ctx() context: GraphContext,
  ): Promise<AcceptInvitationPayload> {
    const { token, newPassword } = input.toCommand();
    const { value, position } = await this.service.acceptInvitation(context, token, newPassword);
    return { username: value.username, startsAt: value.startsAt ?? null, consequences: value.consequences, position };
  }

  @Mutation(() => RequestPasswordResetPayload, {
    description:
      "Asks for a link to set a new password by. It goes to a verified primary address of somebody who is ACTIVE and has a password; the answer is the same whether there is one.",
  })
  @ForAnybody()
  async requestPasswordReset(
    @Arg("input", () => RequestPasswordResetInput, { description: "For whom." }) input: RequestPasswordResetInput,
    @Ctx() context: GraphContext,
  ): Promise<RequestPasswordResetPayload> {
    return { position: await this.requests.take(input.toCommand().email, context.ip) };
  }

  @Mutation(() => LinkPasswordPayload, {
    description:
      "Sets a new password by the link that was asked for. Every session of the person ends, and they are told by mail.",
  })
  @ForAnybody()
  async resetPassword(
    @Arg("input", () => ResetPasswordInput, { description: "By what." }) input: ResetPasswordInput,
    @Ctx() context: GraphContext,
  ): Promise<LinkPasswordPayload> {
    const { token, newPassword } = input.toCommand();
    const { value, position } = await this.service.resetPassword(context, token, newPassword);
    return { username: value.username, consequences: value.consequences, position };
  }

  @Mutation(() => RequestEmailVerificationPayload, {
    description: "Sends a link to one of the viewer's own addresses, by which it becomes verified.",
  })
  @ForViewer()
  @Action("user.email_verification_requested")
  async requestEmailVerification(
    @Arg("input", () => RequestEmailVerificationInput, { description: "Which." }) input: RequestEmailVerificationInput,
    @Ctx() context: GraphContext,
  ): Promise<RequestEmailVerificationPayload> {
    await this.limits.take(`verification:${context.viewer.id}`, context.ip);
    const { value, position } = await this.service.requestVerification(context, input.toCommand());
    return { expiresAt: value.expiresAt, position };
  }

  @Mutation(() => VerifyEmailPayload, {
    description:
      "Verifies one of the viewer's own addresses by the link that was sent to it. Whoever else has the link cannot.",
  })
  @ForViewer()
  @Action("user.email_verified")
  async verifyEmail(
    @Arg("input", () => VerifyEmailInput, { description: "By what." }) input: VerifyEmailInput,
    @Ctx() context: GraphContext,
  ): Promise<VerifyEmailPayload> {
    const { value, position } = await this.service.verifyEmail(context, input.toCommand().token);
    return { email: value.email, position };
  }
}
