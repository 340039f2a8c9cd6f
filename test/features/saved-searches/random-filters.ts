import fc from "fast-check";
import { userCatalogue } from "../../../src/features/users/user.fields.ts";
import { publicId } from "../../../src/kernel/ids.ts";
import { filtersOf } from "../../search/support/filters.ts";
import { UNITS } from "../../search/support/vocabulary.ts";
import { GROUPS, NUMBERS, PEOPLE, PERMISSIONS, ROLES, TITLES } from "./random-directory.ts";

/* Random filters about what random writes change, so that people come and go; every third is any filter at all. */

const unit = fc.constantFrom(...UNITS).map((id) => publicId("OrgUnit", id));
const person = fc.constantFrom(...PEOPLE).map((id) => publicId("User", id));
const title = fc.constantFrom(...TITLES);
const role = fc.constantFrom(...ROLES);
const length = fc.constantFrom("P30D", "P1M", "P90D", "P1Y", "PT36H");
const days = fc.constantFrom("P30D", "P1M", "P1Y");
const aged = (lengths: fc.Arbitrary<string>) =>
  fc
    .tuple(fc.constantFrom("withinLast", "withinNext", "olderThan"), lengths)
    .map(([operator, by]) => ({ [operator]: by }));
const number = fc.constantFrom(...NUMBERS);
const attribute = (asked: Record<string, fc.Arbitrary<object>>, key: string) =>
  fc.record(asked).map((one) => ({ attributes: [{ key, ...one }] }));

const near: fc.Arbitrary<object> = fc.oneof(
  fc.subarray(["ACTIVE", "LOCKED", "SUSPENDED"], { minLength: 1 }).map((values) => ({ status: { in: values } })),
  title.map((eq) => ({ title: { eq } })),
  title.map((contains) => ({ department: { contains } })),
  unit.map((within) => ({ orgUnit: { within } })),
  unit.map((eq) => ({ orgUnit: { eq } })),
  person.map((reportsTo) => ({ manager: { reportsTo } })),
  role.map((key) => ({ roles: { any: [key] } })),
  fc.constantFrom(...PERMISSIONS).map((one) => ({ permissions: { any: [one] } })),
  fc.boolean().map((eq) => ({ mfaEnrolled: { eq } })),
  number.map((gte) => ({ riskScore: { gte } })),
  number.map((eq) => ({ riskScore: { eq } })),
  number.map((eq) => ({ failedLoginCount: { eq } })),
  fc.subarray(NUMBERS, { minLength: 1, maxLength: 3 }).map((values) => ({ failedLoginCount: { in: values } })),
  attribute({ number: number.map((eq) => ({ eq })) }, "floor"),
  attribute({ string: title.map((startsWith) => ({ startsWith })) }, "badge"),
  attribute({ date: aged(days) }, "since"),
  fc.constantFrom(...GROUPS).map((key) => ({ groupKeys: { any: [key] } })),
  fc.nat({ max: 2 }).map((gt) => ({ directReportCount: { gt } })),
  aged(length).map((lastLoginAt) => ({ lastLoginAt })),
  aged(length).map((createdAt) => ({ createdAt })),
  aged(days).map((hiredOn) => ({ hiredOn })),
  aged(days).map((terminatesOn) => ({ terminatesOn })),
  fc
    .tuple(role, aged(length))
    .map(([eq, expiresAt]) => ({ roleGrants: { some: { or: [{ role: { eq } }, { expiresAt }] } } })),
  unit.map((scopeWithin) => ({ roleGrants: { some: { scopeWithin } } })),
);

const joined = fc.oneof(
  near,
  near.map((not) => ({ not })),
  fc.tuple(near, near).map((and) => ({ and })),
  fc.tuple(near, near).map((or) => ({ or })),
  fc.tuple(near, near, near).map(([a, b, not]) => ({ or: [a, { and: [b, { not }] }] })),
);

export const searches: fc.Arbitrary<object> = fc.oneof(
  { weight: 4, arbitrary: joined },
  { weight: 1, arbitrary: filtersOf(userCatalogue, 2) },
);
