import { ArrayMaxSize, IsOptional, Matches, registerDecorator, ValidateIf, ValidateNested } from "class-validator";
import { type ClassType, Field, ID, InputType } from "type-graphql";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { isGiven } from "../../graphql/given.ts";
import { MutationInput, VersionedInput } from "../../graphql/mutation-input.ts";
import { DateScalar, EmailAddressScalar, JSONObjectScalar } from "../../graphql/scalars.ts";
import { invalidInput } from "../../kernel/errors.ts";
import { uuidOf } from "../../kernel/ids.ts";
import {
  type AddressValue,
  type ContactLists,
  type EmailValue,
  type IdentityValue,
  LIST_LIMIT,
} from "./user.contacts.ts";
import type { EmployeeType } from "./user.entity.ts";
import { EMPLOYEE_TYPE, USER_STATUS } from "./user.fields.ts";
import type { ProfileValues } from "./user.profile.ts";
import {
  attributesProblem,
  PROFILE_TEXT_NAMES,
  PROFILE_TEXTS,
  type ProfileText,
  tagsProblem,
  textProblem,
} from "./user.profile.ts";
import type { CreateUser, UpdateUser } from "./user.service.ts";
import {
  ExternalIdentityInput,
  PHONE,
  UserAddressInput,
  UserEmailInput,
  UserPhoneInput,
} from "./user-contact.inputs.ts";

/** A class-validator rule made of a function that says what is wrong, or undefined. */
export const Holds =
  (problem: (value: never) => string | undefined): PropertyDecorator =>
  (target, property) =>
    registerDecorator({
      name: "holds",
      target: target.constructor,
      propertyName: property as string,
      validator: {
        validate: (value) => problem(value as never) === undefined,
        defaultMessage: (about) => problem(about?.value as never) ?? "",
      },
    });

/** The profile's fields that creation and change have in common; the text fields are added from PROFILE_TEXTS below. */
export interface ProfileInput extends Partial<Record<ProfileText, string | null>> {
  email?: string | null;
  phone?: string | null;
  emails?: UserEmailInput[] | null;
  phones?: UserPhoneInput[] | null;
  addresses?: UserAddressInput[] | null;
  identities?: ExternalIdentityInput[] | null;
  employeeType?: EmployeeType | null;
  tags?: string[] | null;
  attributes?: Record<string, unknown> | null;
  orgUnitId?: string | null;
  managerId?: string | null;
  hiredOn?: string | null;
  terminatesOn?: string | null;
}

/** What only one person can have: of no use in a change of many. */
const ONES_OWN: ReadonlySet<string> = new Set(["username", "employeeNumber"]);

/** Which fields of a profile an input has. */
export interface ProfileChoice {
  /** Of a person who is not there yet: the class has a username of its own, and nothing can be cleared. */
  isNew?: boolean;
  /** Of many people: only those that they can have in common. */
  forMany?: boolean;
  /** These alone; the person's lists are not among them. */
  only?: ReadonlySet<string>;
}

/** Gives an input class the profile's fields, with their rules. */
export function addProfile(target: ClassType, { isNew = false, forMany = false, only }: ProfileChoice = {}): void {
  const add = (name: string, type: unknown, description: string, ...rules: PropertyDecorator[]): void => {
    if (only && !only.has(name)) return;
    Field(() => type as never, { nullable: true, description })(target.prototype, name);
    for (const rule of [ValidateIf(isGiven(name)), ...rules]) rule(target.prototype, name);
  };
  const list = (name: string, item: ClassType, description: string) =>
    add(
      name,
      [item],
      `${description} At most ${LIST_LIMIT}.`,
      IsOptional(),
      ArrayMaxSize(LIST_LIMIT),
      ValidateNested({ each: true }),
    );
  for (const name of PROFILE_TEXT_NAMES) {
    if ((name === "username" && isNew) || (forMany && ONES_OWN.has(name))) continue;
    const { describe, max } = PROFILE_TEXTS[name];
    const clearable = !("clearable" in PROFILE_TEXTS[name]) || isNew;
    const problem = (value: string | null) =>
      value === null ? (clearable ? undefined : "may not be cleared") : textProblem(name, value);
    add(name, String, `${describe} At most ${max} characters.`, Holds(problem));
  }
  if (!forMany) {
    add("email", EmailAddressScalar, "The primary address; unique without regard to case.", IsOptional());
    add("phone", String, "The primary phone number.", IsOptional(), Matches(...PHONE));
    list("emails", UserEmailInput, "All addresses.");
    list("phones", UserPhoneInput, "All phone numbers.");
    list("addresses", UserAddressInput, "All postal addresses.");
    list("identities", ExternalIdentityInput, "Under which ids other systems know the user.");
  }
  add("employeeType", enumOf(EMPLOYEE_TYPE), "The relation to the organisation.");
  add("tags", [String], "Free labels: at most 100, of 1 to 64 characters.", IsOptional(), Holds(tagsProblem));
  add(
    "attributes",
    JSONObjectScalar,
    "Custom attributes by key; a null value removes the key.",
    IsOptional(),
    Holds(attributesProblem),
  );
  add("orgUnitId", ID, "The org unit that the user belongs to.");
  add("managerId", ID, "The user's manager.");
  add("hiredOn", DateScalar, "First day of employment.");
  add("terminatesOn", DateScalar, "Last day of employment.");
}

const emails = (list: readonly (UserEmailInput | UserPhoneInput)[] | null | undefined): EmailValue[] | undefined =>
  list?.map(({ value, type, primary }) => ({ value, type: type ?? null, primary: primary ?? false }));

const addresses = (list: readonly UserAddressInput[] | null | undefined): AddressValue[] | undefined =>
  list?.map(({ type, primary, streetAddress, locality, region, postalCode, country }) => ({
    type: type ?? null,
    primary: primary ?? false,
    streetAddress: streetAddress ?? null,
    locality: locality ?? null,
    region: region ?? null,
    postalCode: postalCode ?? null,
    country: country ?? null,
  }));

const identities = (list: readonly ExternalIdentityInput[] | null | undefined): IdentityValue[] | undefined =>
  list?.map(({ source, issuer, externalId }) => ({ source, issuer: issuer ?? null, externalId }));

/** null clears a list as an empty one does. */
const cleared = <T>(list: readonly T[] | undefined, given: unknown): readonly T[] | undefined =>
  given === null ? [] : list;

/** The lists that an input gives. */
export const contactsOf = (input: ProfileInput): ContactLists => ({
  email: input.email,
  phone: input.phone,
  emails: cleared(emails(input.emails), input.emails),
  phones: cleared(emails(input.phones), input.phones),
  addresses: cleared(addresses(input.addresses), input.addresses),
  identities: cleared(identities(input.identities), input.identities),
});

const idOf = (kind: "User" | "OrgUnit", id: string | null | undefined, path: string): string | null | undefined =>
  id == null ? id : uuidOf(kind, id, path);

/** The single values that an input gives. */
export function profileOf(input: ProfileInput, path = "input"): ProfileValues {
  const texts = Object.fromEntries(PROFILE_TEXT_NAMES.map((name) => [name, input[name]]));
  return {
    ...texts,
    employeeType: input.employeeType,
    tags: input.tags === null ? [] : input.tags,
    attributes: input.attributes,
    orgUnitId: idOf("OrgUnit", input.orgUnitId, `${path}.orgUnitId`),
    managerId: idOf("User", input.managerId, `${path}.managerId`),
    hiredOn: input.hiredOn,
    terminatesOn: input.terminatesOn,
  };
}

@InputType({ description: "A new user." })
export class CreateUserInput extends MutationInput {
  @Field(() => String, { description: PROFILE_TEXTS.username.describe })
  @Holds((value: string) => textProblem("username", value))
  username!: string;

  @Field(() => enumOf(USER_STATUS), {
    nullable: true,
    description: "PENDING unless said otherwise; ACTIVE is the only other choice.",
  })
  status?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: "Roles to grant everywhere at once, by key; each needs what grantRole needs.",
  })
  @IsOptional()
  @ArrayMaxSize(LIST_LIMIT)
  roleKeys?: string[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      "Whether profile templates that fit fill what is not given and grant their roles, which needs what grantRole needs; true where it is not given.",
  })
  applyTemplates?: boolean | null;

  toCommand(): CreateUser {
    const status = this.status ?? "PENDING";
    if (status !== "PENDING" && status !== "ACTIVE") {
      const path = "input.status";
      throw invalidInput([
        { path, message: "must be PENDING or ACTIVE for a new user.", allowed: ["PENDING", "ACTIVE"] },
      ]);
    }
    return {
      profile: { ...profileOf(this as ProfileInput), username: this.username },
      contacts: contactsOf(this as ProfileInput),
      status,
      source: "LOCAL",
      roleKeys: [...new Set(this.roleKeys ?? [])],
      applyTemplates: this.applyTemplates ?? true,
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}
addProfile(CreateUserInput, { isNew: true });

@InputType({
  description:
    "Changes to a user. An absent field is left as it is; null clears it; a list replaces the list. attributes is merged key by key.",
})
export class UpdateUserInput extends VersionedInput {
  toCommand(): UpdateUser {
    return {
      id: uuidOf("User", this.id, "input.id"),
      expectedVersion: this.expectedVersion ?? undefined,
      profile: profileOf(this as ProfileInput),
      contacts: contactsOf(this as ProfileInput),
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}
addProfile(UpdateUserInput);
