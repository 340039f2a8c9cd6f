import { Field, InputType, Int, ObjectType } from "type-graphql";
import { MutationInput, MutationPayload } from "../../graphql/mutation-input.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { ApprovalRequest } from "../approvals/approval.types.ts";
import { addProfile, contactsOf, type ProfileInput, profileOf } from "../users/user.inputs.ts";
import { User } from "../users/user.types.ts";
import type { UpdateOwnProfile } from "./own-profile.service.ts";

@ObjectType({ description: "A field of their own profile that the viewer may change." })
@Read(carried)
export class EditableProfileField {
  @Field(() => String, {
    description: "The field's name in UpdateMyProfileInput; of a custom attribute attributes. and its key.",
  })
  name!: string;

  @Field(() => Boolean, { description: "Whether a change of it waits for another person's approval." })
  sensitive!: boolean;
}

@InputType({
  description:
    "Changes to one's own profile. An absent field is left as it is; null clears it; a list replaces the list. Viewer.editableProfileFields says which fields are taken.",
})
export class UpdateMyProfileInput extends MutationInput {
  @Field(() => Int, {
    nullable: true,
    description: "The version last seen: the change is refused with STALE_VERSION where the record has changed since.",
  })
  expectedVersion?: number | null;

  toCommand(): UpdateOwnProfile {
    return {
      expectedVersion: this.expectedVersion ?? undefined,
      profile: profileOf(this as ProfileInput),
      contacts: contactsOf(this as ProfileInput),
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}
addProfile(UpdateMyProfileInput);

@ObjectType({ description: "The person after the change, or unchanged while it waits for approval." })
@Read(carried)
export class UpdateMyProfilePayload extends MutationPayload {
  @Field(() => User, { nullable: true, description: "The person as they are now." })
  user!: User | null;

  @Field(() => ApprovalRequest, {
    nullable: true,
    description: "What the change waits for: a field that differs is sensitive, and nothing was changed yet.",
  })
  approvalRequest!: ApprovalRequest | null;
}
