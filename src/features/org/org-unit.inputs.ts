import { IsNotEmpty, Matches, MaxLength, ValidateIf } from "class-validator";
import { ArgsType, Field, ID, InputType, registerEnumType } from "type-graphql";
import { isGiven } from "../../graphql/given.ts";
import { MutationInput, VersionedInput } from "../../graphql/mutation-input.ts";
import { NAME } from "../../graphql/name-rule.ts";
import { OneOf } from "../../graphql/one-of.ts";
import { PageArgs } from "../../graphql/paging.ts";
import { type SortDirection, SortDirectionEnum } from "../../graphql/sort-direction.ts";
import { invalidInput } from "../../kernel/errors.ts";
import { uuidOf } from "../../kernel/ids.ts";
import type { OrgUnitKind } from "./org-unit.entity.ts";
import type { OrgUnitSearch } from "./org-unit.queries.ts";
import type { CreateOrgUnit, DeleteOrgUnit, MoveOrgUnit, UpdateOrgUnit } from "./org-unit.service.ts";
import { OrgUnitKindEnum } from "./org-unit.types.ts";

const CODE = /^[^\s\p{Cc}](?:[^\p{Cc}]*[^\s\p{Cc}])?$/u;
const SEARCH_LIMIT = 256;
const CODE_RULE = { message: "must not begin or end with white space, nor hold control characters" };

@OneOf()
@InputType({ description: "Which unit: exactly one of these." })
export class OrgUnitBy {
  @Field(() => ID, { nullable: true, description: "By id." })
  id?: string | null;

  @Field(() => String, { nullable: true, description: "By code, without regard to case." })
  code?: string | null;
}

@InputType({ description: "Which units. Conditions given together are ANDed." })
export class OrgUnitFilter {
  @Field(() => String, {
    nullable: true,
    description: `Has this text in its name or code, without regard to case. At most ${SEARCH_LIMIT} characters.`,
  })
  search?: string | null;

  @Field(() => OrgUnitKindEnum, { nullable: true, description: "Of this sort." })
  kind?: OrgUnitKind | null;

  @Field(() => ID, { nullable: true, description: "This unit or anything below it." })
  within?: string | null;

  @Field(() => Boolean, { nullable: true, description: "true: units without a parent; false: units with one." })
  roots?: boolean | null;
}

export const OrgUnitOrderField = { NAME: "NAME", CODE: "CODE", PATH: "PATH", CREATED_AT: "CREATED_AT" } as const;
registerEnumType(OrgUnitOrderField, {
  name: "OrgUnitOrderField",
  description: "What org units can be sorted by.",
  valuesConfig: {
    NAME: { description: "The name." },
    CODE: { description: "The code." },
    PATH: { description: "The place in the tree: every unit is followed by what stands below it, siblings by code." },
    CREATED_AT: { description: "When the unit was made." },
  },
});

@InputType({ description: "How to sort org units; ties are broken by id." })
export class OrgUnitOrder {
  @Field(() => OrgUnitOrderField, { description: "What to sort by." })
  field!: keyof typeof OrgUnitOrderField;

  @Field(() => SortDirectionEnum, { nullable: true, defaultValue: "ASC", description: "Which way." })
  direction?: SortDirection | null;
}

@ArgsType()
export class OrgUnitsArgs extends PageArgs {
  @Field(() => OrgUnitFilter, { nullable: true, description: "Which units; without it, all that the viewer may see." })
  filter?: OrgUnitFilter | null;

  @Field(() => OrgUnitOrder, { nullable: true, description: "How to sort; by name where it is not given." })
  orderBy?: OrgUnitOrder | null;

  /** What is asked for; INVALID_INPUT for a text that is too long or an id of something else. */
  toSearch(): OrgUnitSearch {
    const { search, kind, within, roots } = this.filter ?? {};
    if ((search?.length ?? 0) > SEARCH_LIMIT) {
      const message = `must have at most ${SEARCH_LIMIT} characters.`;
      throw invalidInput([{ path: "filter.search", message, limit: SEARCH_LIMIT }]);
    }
    return {
      search: search ?? undefined,
      kind: kind ?? undefined,
      within: within == null ? undefined : uuidOf("OrgUnit", within, "filter.within"),
      roots: roots ?? undefined,
    };
  }
}

@InputType({ description: "A new org unit." })
export class CreateOrgUnitInput extends MutationInput {
  @Field(() => String, { description: "Unique without regard to case; 1 to 64 characters." })
  @IsNotEmpty()
  @MaxLength(64)
  @Matches(CODE, CODE_RULE)
  code!: string;

  @Field(() => String, { description: "The name to show; 1 to 256 characters." })
  @MaxLength(256)
  @Matches(...NAME)
  name!: string;

  @Field(() => OrgUnitKindEnum, { description: "What sort of unit." })
  kind!: OrgUnitKind;

  @Field(() => ID, { nullable: true, description: "The unit it stands below; without it, a root." })
  parentId?: string | null;

  @Field(() => ID, { nullable: true, description: "The user who heads it." })
  headId?: string | null;

  toCommand(): CreateOrgUnit {
    const { code, name, kind, reason, idempotencyKey } = this;
    return {
      code,
      name,
      kind,
      parentId: this.parentId == null ? null : uuidOf("OrgUnit", this.parentId, "input.parentId"),
      headId: this.headId == null ? null : uuidOf("User", this.headId, "input.headId"),
      reason: reason ?? null,
      idempotencyKey: idempotencyKey ?? null,
    };
  }
}

@InputType({
  description: "Changes to an org unit. An absent field is left as it is; null clears headId and is refused elsewhere.",
})
export class UpdateOrgUnitInput extends VersionedInput {
  @Field(() => String, { nullable: true, description: "Unique without regard to case; 1 to 64 characters." })
  @ValidateIf(isGiven("code"))
  @IsNotEmpty()
  @MaxLength(64)
  @Matches(CODE, CODE_RULE)
  code?: string | null;

  @Field(() => String, { nullable: true, description: "The name to show; 1 to 256 characters." })
  @ValidateIf(isGiven("name"))
  @MaxLength(256)
  @Matches(...NAME)
  name?: string | null;

  @Field(() => OrgUnitKindEnum, { nullable: true, description: "What sort of unit." })
  @ValidateIf(isGiven("kind"))
  @IsNotEmpty()
  kind?: OrgUnitKind | null;

  @Field(() => ID, { nullable: true, description: "The user who heads it; null: nobody." })
  headId?: string | null;

  toCommand(): UpdateOrgUnit {
    return {
      id: uuidOf("OrgUnit", this.id, "input.id"),
      expectedVersion: this.expectedVersion ?? undefined,
      code: this.code ?? undefined,
      name: this.name ?? undefined,
      kind: this.kind ?? undefined,
      headId: this.headId == null ? this.headId : uuidOf("User", this.headId, "input.headId"),
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}

@InputType({ description: "Moves an org unit, with everything below it." })
export class MoveOrgUnitInput extends VersionedInput {
  @Field(() => ID, { nullable: true, description: "The unit to stand below; null or absent: become a root." })
  newParentId?: string | null;

  toCommand(): MoveOrgUnit {
    return {
      id: uuidOf("OrgUnit", this.id, "input.id"),
      expectedVersion: this.expectedVersion ?? undefined,
      newParentId: this.newParentId == null ? null : uuidOf("OrgUnit", this.newParentId, "input.newParentId"),
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}

@InputType({ description: "Refused while the unit has members or children, unless moveMembersTo names another unit." })
export class DeleteOrgUnitInput extends MutationInput {
  @Field(() => ID, { description: "Which unit." })
  id!: string;

  @Field(() => ID, { nullable: true, description: "The unit that its members and children move to." })
  moveMembersTo?: string | null;

  toCommand(): DeleteOrgUnit {
    return {
      id: uuidOf("OrgUnit", this.id, "input.id"),
      moveMembersTo: this.moveMembersTo == null ? null : uuidOf("OrgUnit", this.moveMembersTo, "input.moveMembersTo"),
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}
