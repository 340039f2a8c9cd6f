import { defineEntity, p } from "@mikro-orm/core";

export type UserStatus = "PENDING" | "ACTIVE" | "INACTIVE" | "LOCKED" | "SUSPENDED" | "ARCHIVED" | "DELETED";
export type IdentitySource = "LOCAL" | "IMPORT" | "SCIM" | "HRIS" | "LDAP" | "OIDC";
export type EmployeeType = "EMPLOYEE" | "CONTRACTOR" | "PARTNER" | "INTERN" | "SERVICE";

const userSchema = defineEntity({
  name: "UserEntity",
  tableName: "user_account",
  properties: {
    id: p.uuid().primary(),
    version: p.integer(),
    username: p.text(),
    displayName: p.text(),
    status: p.text().$type<UserStatus>(),
    statusReason: p.text().strictNullable(),
    statusChangedAt: p.datetime(3),
    /** When a lock or a suspension ends by itself. */
    statusUntil: p.datetime(3).strictNullable(),
    /** The status to which a deleted user is restored. */
    statusBefore: p.text().$type<UserStatus>().strictNullable(),
    givenName: p.text().strictNullable(),
    middleName: p.text().strictNullable(),
    familyName: p.text().strictNullable(),
    honorificPrefix: p.text().strictNullable(),
    honorificSuffix: p.text().strictNullable(),
    nickName: p.text().strictNullable(),
    employeeNumber: p.text().strictNullable(),
    title: p.text().strictNullable(),
    department: p.text().strictNullable(),
    division: p.text().strictNullable(),
    costCenter: p.text().strictNullable(),
    employeeType: p.text().$type<EmployeeType>().strictNullable(),
    location: p.text().strictNullable(),
    country: p.text().strictNullable(),
    locale: p.text().strictNullable(),
    preferredLanguage: p.text().strictNullable(),
    timezone: p.text().strictNullable(),
    tags: p.array<string>(),
    attributes: p.json<Record<string, unknown>>(),
    source: p.text().$type<IdentitySource>(),
    hiredOn: p.date().strictNullable(),
    terminatesOn: p.date().strictNullable(),
    orgUnitId: p.uuid().strictNullable(),
    managerId: p.uuid().strictNullable(),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
    deletedAt: p.datetime(3).strictNullable(),
    erasedAt: p.datetime(3).strictNullable(),
  },
});

/** A person's profile and status as they are stored; the search row is derived from it by the commit. */
export class UserEntity extends userSchema.class {}
userSchema.setClass(UserEntity);

const emailSchema = defineEntity({
  name: "UserEmailEntity",
  tableName: "user_email",
  properties: {
    id: p.uuid().primary(),
    userId: p.uuid(),
    place: p.integer(),
    value: p.text(),
    type: p.text().strictNullable(),
    isPrimary: p.boolean(),
    verified: p.boolean(),
  },
});

/** One of a user's e-mail addresses. */
export class UserEmailEntity extends emailSchema.class {}
emailSchema.setClass(UserEmailEntity);

const phoneSchema = defineEntity({
  name: "UserPhoneEntity",
  tableName: "user_phone",
  properties: {
    id: p.uuid().primary(),
    userId: p.uuid(),
    place: p.integer(),
    value: p.text(),
    type: p.text().strictNullable(),
    isPrimary: p.boolean(),
  },
});

/** One of a user's phone numbers. */
export class UserPhoneEntity extends phoneSchema.class {}
phoneSchema.setClass(UserPhoneEntity);

const addressSchema = defineEntity({
  name: "UserAddressEntity",
  tableName: "user_address",
  properties: {
    id: p.uuid().primary(),
    userId: p.uuid(),
    place: p.integer(),
    type: p.text().strictNullable(),
    isPrimary: p.boolean(),
    streetAddress: p.text().strictNullable(),
    locality: p.text().strictNullable(),
    region: p.text().strictNullable(),
    postalCode: p.text().strictNullable(),
    country: p.text().strictNullable(),
  },
});

/** One of a user's postal addresses. */
export class UserAddressEntity extends addressSchema.class {}
addressSchema.setClass(UserAddressEntity);

const identitySchema = defineEntity({
  name: "UserIdentityEntity",
  tableName: "user_identity",
  properties: {
    id: p.uuid().primary(),
    userId: p.uuid(),
    place: p.integer(),
    source: p.text().$type<IdentitySource>(),
    issuer: p.text().strictNullable(),
    externalId: p.text(),
    lastSyncedAt: p.datetime(3).strictNullable(),
  },
});

/** Under which id another system knows a user. */
export class UserIdentityEntity extends identitySchema.class {}
identitySchema.setClass(UserIdentityEntity);

export const userEntities = [UserEntity, UserEmailEntity, UserPhoneEntity, UserAddressEntity, UserIdentityEntity];
