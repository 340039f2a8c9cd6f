import { Field, ID, InputType } from "type-graphql";
import { MutationInput } from "../../graphql/mutation-input.ts";
import { DateTimeScalar } from "../../graphql/scalars.ts";
import { invalidInput } from "../../kernel/errors.ts";
import { parseId, uuidOf } from "../../kernel/ids.ts";
import type { GrantRole, RevokeRole } from "./role-grant.service.ts";

@InputType({
  description:
    "A role to be granted. Whoever grants it must hold ROLE_GRANT over the grantee and over the scope, and over the scope every permission of the role.",
})
export class GrantRoleInput extends MutationInput {
  @Field(() => ID, { description: "The user or the group to grant it to." })
  granteeId!: string;

  @Field(() => String, { description: "The role's key, without regard to case." })
  roleKey!: string;

  @Field(() => ID, {
    nullable: true,
    description: "The org unit that it is granted over, with everything below it; without one, everywhere.",
  })
  scopeId?: string | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "When it begins to be in force, not in the past; without it, now.",
  })
  startsAt?: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "When it ends by itself, later than it begins; without it, never.",
  })
  expiresAt?: Date | null;

  toCommand(): GrantRole {
    return {
      grantee: granteeOf(this.granteeId),
      roleKey: this.roleKey,
      scopeId: this.scopeId == null ? null : uuidOf("OrgUnit", this.scopeId, "input.scopeId"),
      startsAt: this.startsAt ?? null,
      expiresAt: this.expiresAt ?? null,
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}

function granteeOf(id: string): GrantRole["grantee"] {
  const parsed = parseId(id);
  if (parsed?.kind === "User" || parsed?.kind === "Group") return { kind: parsed.kind, id: parsed.uuid };
  throw invalidInput([{ path: "input.granteeId", message: "must be an id of the form user_… or group_…." }]);
}

@InputType({
  description: "A grant to be ended. Whoever ends it must hold ROLE_GRANT over the grantee and over the grant's scope.",
})
export class RevokeRoleInput extends MutationInput {
  @Field(() => ID, { description: "Which grant." })
  grantId!: string;

  toCommand(): RevokeRole {
    return {
      grantId: uuidOf("RoleGrant", this.grantId, "input.grantId"),
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}
