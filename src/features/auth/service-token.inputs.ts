import { ArrayMaxSize, ArrayMinSize, IsOptional, Matches, MaxLength } from "class-validator";
import { ArgsType, Field, ID, InputType } from "type-graphql";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { MutationInput, SecretInput } from "../../graphql/mutation-input.ts";
import { NAME } from "../../graphql/name-rule.ts";
import { PageArgs } from "../../graphql/paging.ts";
import { DateTimeScalar, DurationScalar } from "../../graphql/scalars.ts";
import { invalidInput } from "../../kernel/errors.ts";
import { uuidOf } from "../../kernel/ids.ts";
import type { Permission } from "../../kernel/permissions.ts";
import { parseDuration } from "../../search/duration.ts";
import { PERMISSION } from "../users/user.fields.ts";
import {
  type CreateServiceToken,
  PERSONAL_TOKEN_DAYS,
  type RevokeServiceToken,
  type RotateServiceToken,
  SCOPES_LIMIT,
  type ServiceTokenKind,
} from "./service-token.commands.ts";
import type { ServiceTokenListing } from "./service-token.queries.ts";
import { TOKEN_NAME_LIMIT } from "./service-token.service.ts";
import { ServiceTokenKindEnum } from "./service-token.types.ts";

const OVERLAP_LIMIT_MS = 604_800_000;

@ArgsType()
export class ServiceTokensArgs extends PageArgs {
  @Field(() => ServiceTokenKindEnum, { nullable: true, description: "Of this kind." })
  kind?: ServiceTokenKind | null;

  @Field(() => ID, { nullable: true, description: "Of this person." })
  userId?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: "Whether those that have expired or were revoked are listed too.",
  })
  includeEnded?: boolean | null;

  /** What is asked for. */
  toListing(): ServiceTokenListing {
    return {
      kind: this.kind ?? undefined,
      userId: this.userId == null ? undefined : uuidOf("User", this.userId, "userId"),
      includeEnded: this.includeEnded ?? false,
    };
  }
}

@InputType({ description: "A new token. Nobody gives it more than they hold themselves, nor for longer." })
export class CreateServiceTokenInput extends SecretInput {
  @Field(() => ServiceTokenKindEnum, {
    description:
      "PERSONAL: of whoever asks, who must have signed in. ORGANISATION: needs SETTINGS_MANAGE over all of its scope.",
  })
  kind!: ServiceTokenKind;

  @Field(() => String, { description: `What it is for; 1 to ${TOKEN_NAME_LIMIT} characters.` })
  @Matches(...NAME)
  @MaxLength(TOKEN_NAME_LIMIT)
  name!: string;

  @Field(() => [enumOf(PERMISSION)], {
    nullable: true,
    description:
      "What it allows: needed for ORGANISATION. A PERSONAL one is narrowed to these; without them it may do whatever the person may.",
  })
  @IsOptional()
  @ArrayMinSize(1)
  permissions?: Permission[] | null;

  @Field(() => [ID], {
    nullable: true,
    description: `The org units over which an ORGANISATION token holds, with everything below them; without them, everywhere. At most ${SCOPES_LIMIT}.`,
  })
  @IsOptional()
  @ArrayMinSize(1)
  @ArrayMaxSize(SCOPES_LIMIT)
  scopeIds?: string[] | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: `When it ends by itself; without it, never. A PERSONAL one must end, within ${PERSONAL_TOKEN_DAYS} days.`,
  })
  expiresAt?: Date | null;

  toCommand(): CreateServiceToken {
    const scopeIds = this.scopeIds?.map((id, place) => uuidOf("OrgUnit", id, `input.scopeIds[${place}]`));
    return {
      kind: this.kind,
      name: this.name,
      permissions: this.permissions ?? null,
      scopeIds: scopeIds ? [...new Set(scopeIds)] : null,
      expiresAt: this.expiresAt ?? null,
      reason: this.reason ?? null,
    };
  }
}

@InputType({ description: "A token to be given another secret." })
export class RotateServiceTokenInput extends SecretInput {
  @Field(() => ID, { description: "Which token." })
  id!: string;

  @Field(() => DurationScalar, {
    nullable: true,
    description:
      "How long the former secret still opens, so that machines can be changed over; at most P7D. Without it, not at all.",
  })
  overlap?: string | null;

  toCommand(): RotateServiceToken {
    const overlap = parseDuration(this.overlap ?? "PT0S");
    if (!overlap || overlap.months > 0 || overlap.milliseconds > OVERLAP_LIMIT_MS)
      throw invalidInput([{ path: "input.overlap", message: "must be at most P7D, in days and times." }]);
    return {
      id: uuidOf("ServiceToken", this.id, "input.id"),
      overlapMs: overlap.milliseconds,
      reason: this.reason ?? null,
    };
  }
}

@InputType({ description: "A token to be ended." })
export class RevokeServiceTokenInput extends MutationInput {
  @Field(() => ID, { description: "Which token." })
  id!: string;

  toCommand(): RevokeServiceToken {
    return {
      id: uuidOf("ServiceToken", this.id, "input.id"),
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}
