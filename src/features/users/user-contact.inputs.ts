import { IsOptional, Matches, MaxLength } from "class-validator";
import { Field, ID, InputType } from "type-graphql";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { OneOf } from "../../graphql/one-of.ts";
import { EmailAddressScalar } from "../../graphql/scalars.ts";
import type { IdentitySource } from "./user.entity.ts";
import { IDENTITY_SOURCE } from "./user.fields.ts";

/** What a phone number looks like; how it is dialled only the network can tell. */
export const PHONE: readonly [RegExp, { message: string }] = [
  /^\+?[0-9][0-9 ()./x-]{0,30}[0-9]$/,
  { message: "must be a phone number, such as +41 44 123 45 67" },
];

@InputType({ description: "One e-mail address." })
export class UserEmailInput {
  @Field(() => EmailAddressScalar, { description: "The address." })
  value!: string;

  @Field(() => String, { nullable: true, description: "What it is for, e.g. work. At most 32 characters." })
  @IsOptional()
  @MaxLength(32)
  type?: string | null;

  @Field(() => Boolean, { nullable: true, description: "One of the list is primary: without a mark, the first." })
  primary?: boolean | null;
}

@InputType({ description: "One phone number." })
export class UserPhoneInput {
  @Field(() => String, { description: "The number, 2 to 32 digits, signs and spaces, best as +41 44 123 45 67." })
  @Matches(...PHONE)
  value!: string;

  @Field(() => String, { nullable: true, description: "What it is for, e.g. mobile. At most 32 characters." })
  @IsOptional()
  @MaxLength(32)
  type?: string | null;

  @Field(() => Boolean, { nullable: true, description: "One of the list is primary: without a mark, the first." })
  primary?: boolean | null;
}

@InputType({ description: "One postal address." })
export class UserAddressInput {
  @Field(() => String, { nullable: true, description: "What it is for, e.g. home. At most 32 characters." })
  @IsOptional()
  @MaxLength(32)
  type?: string | null;

  @Field(() => Boolean, { nullable: true, description: "One of the list is primary: without a mark, the first." })
  primary?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: "Street, number and what else stands before the town. At most 512 characters.",
  })
  @IsOptional()
  @MaxLength(512)
  streetAddress?: string | null;

  @Field(() => String, { nullable: true, description: "Town. At most 128 characters." })
  @IsOptional()
  @MaxLength(128)
  locality?: string | null;

  @Field(() => String, { nullable: true, description: "State, province or canton. At most 128 characters." })
  @IsOptional()
  @MaxLength(128)
  region?: string | null;

  @Field(() => String, { nullable: true, description: "Postal code. At most 32 characters." })
  @IsOptional()
  @MaxLength(32)
  postalCode?: string | null;

  @Field(() => String, { nullable: true, description: "ISO 3166-1 alpha-2, e.g. DE." })
  @IsOptional()
  @Matches(/^[A-Z]{2}$/, { message: "must be a country code of two capital letters (ISO 3166-1 alpha-2)" })
  country?: string | null;
}

@InputType({ description: "Under which id another system knows a user." })
export class ExternalIdentityInput {
  @Field(() => enumOf(IDENTITY_SOURCE), { description: "The kind of system." })
  source!: IdentitySource;

  @Field(() => String, {
    nullable: true,
    description: "Which system, e.g. an OIDC issuer's URL. At most 512 characters.",
  })
  @IsOptional()
  @MaxLength(512)
  issuer?: string | null;

  @Field(() => String, { description: "The id there. At most 256 characters." })
  @MaxLength(256)
  externalId!: string;
}

@OneOf()
@InputType({ description: "Which user: exactly one of these." })
export class UserBy {
  @Field(() => ID, { nullable: true, description: "By id." })
  id?: string | null;

  @Field(() => String, { nullable: true, description: "By username, without regard to case." })
  username?: string | null;

  @Field(() => EmailAddressScalar, {
    nullable: true,
    description: "By primary address, without regard to case. Needs USER_READ_CONTACT over the user.",
  })
  email?: string | null;

  @Field(() => String, { nullable: true, description: "By employee number, without regard to case." })
  employeeNumber?: string | null;

  @Field(() => ExternalIdentityInput, {
    nullable: true,
    description: "By the id under which another system knows the user.",
  })
  identity?: ExternalIdentityInput | null;
}
