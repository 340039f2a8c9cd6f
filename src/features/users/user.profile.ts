import { isEmailAddress } from "../../graphql/scalars.ts";
import type { EmployeeType } from "./user.entity.ts";

/** A profile field of free text: its longest value, what it must look like, and what it means. */
export interface TextRule {
  max: number;
  describe: string;
  /** False: may not be cleared. */
  clearable?: false;
  test?: (value: string) => boolean;
  /** What `test` accepts, in words. */
  accepts?: string;
}

const PRINTABLE = /^[^\p{Cc}]*$/u;
const WITHOUT_SPACE = /^[^\s\p{Cc}]+$/u;

function isLocale(value: string): boolean {
  try {
    return Intl.getCanonicalLocales(value).length === 1;
  } catch {
    return false;
  }
}

function isTimeZone(value: string): boolean {
  if (/^[+-]/.test(value)) return false; // An offset, which is no name, though Intl takes it for one.
  try {
    return new Intl.DateTimeFormat("en", { timeZone: value }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** The text fields of a profile, once: inputs, imports and their messages are made of them. */
export const PROFILE_TEXTS = {
  username: {
    max: 128,
    describe: "Unique without regard to case; 1 to 128 characters without white space.",
    clearable: false,
    test: (value) => WITHOUT_SPACE.test(value),
    accepts: "1 to 128 characters without white space",
  },
  displayName: {
    max: 256,
    describe: "The name to show. Where a new user has none, it is made of the given and family name, or the username.",
    clearable: false,
  },
  givenName: { max: 128, describe: "Given name." },
  middleName: { max: 128, describe: "Middle name or names." },
  familyName: { max: 128, describe: "Family name." },
  honorificPrefix: { max: 64, describe: "What stands before the name, e.g. Dr." },
  honorificSuffix: { max: 64, describe: "What stands behind the name, e.g. III." },
  nickName: { max: 128, describe: "What the person likes to be called." },
  preferredLanguage: { max: 128, describe: "Preferred languages: as in HTTP's Accept-Language (RFC 9110)." },
  employeeNumber: { max: 64, describe: "The number that HR knows the person by; unique without regard to case." },
  title: { max: 256, describe: "Job title." },
  department: { max: 256, describe: "Department." },
  division: { max: 256, describe: "Division." },
  costCenter: { max: 64, describe: "Cost centre." },
  location: { max: 256, describe: "Where the person works." },
  country: {
    max: 2,
    describe: "ISO 3166-1 alpha-2, e.g. DE.",
    test: (value) => /^[A-Z]{2}$/.test(value),
    accepts: "a country code of two capital letters (ISO 3166-1 alpha-2)",
  },
  locale: {
    max: 64,
    describe: "BCP 47, e.g. de-CH.",
    test: isLocale,
    accepts: "a language tag (BCP 47), such as de-CH",
  },
  timezone: {
    max: 64,
    describe: "An IANA name, e.g. Europe/Zurich.",
    test: isTimeZone,
    accepts: "an IANA time zone, such as Europe/Zurich",
  },
} as const satisfies Record<string, TextRule>;

export type ProfileText = keyof typeof PROFILE_TEXTS;

export const PROFILE_TEXT_NAMES = Object.keys(PROFILE_TEXTS) as ProfileText[];

/** The single values of a profile. Absent: as it is; null: cleared. */
export type ProfileValues = { [name in ProfileText]?: string | null | undefined } & {
  employeeType?: EmployeeType | null | undefined;
  tags?: readonly string[] | undefined;
  /** Merged key by key; a null value removes its key, null removes all. */
  attributes?: Readonly<Record<string, unknown>> | null | undefined;
  hiredOn?: string | null | undefined;
  terminatesOn?: string | null | undefined;
  orgUnitId?: string | null | undefined;
  managerId?: string | null | undefined;
};

/** What is wrong with a text for a profile field, in words that never repeat it; undefined where nothing is. */
export function textProblem(name: ProfileText, value: string): string | undefined {
  const rule: TextRule = PROFILE_TEXTS[name];
  if (value.length > rule.max) return `must have at most ${rule.max} characters`;
  if (value.trim() === "") return "must not be empty";
  if (!PRINTABLE.test(value)) return "must not hold control characters";
  return rule.test && !rule.test(value) ? `must be ${rule.accepts}` : undefined;
}

export const TAGS_LIMIT = 100;
export const TAG_LIMIT = 64;

/** What is wrong with a list of tags; undefined where nothing is. */
export function tagsProblem(tags: readonly string[]): string | undefined {
  if (tags.length > TAGS_LIMIT) return `must hold at most ${TAGS_LIMIT} tags`;
  if (tags.some((tag) => tag.trim() === "" || tag.length > TAG_LIMIT || !PRINTABLE.test(tag)))
    return `must hold tags of 1 to ${TAG_LIMIT} printable characters`;
  return undefined;
}

export const ATTRIBUTES_LIMIT = 100;
const ATTRIBUTE_KEY = /^[A-Za-z][\w.-]{0,63}$/;

/** What is wrong with custom attributes; undefined where nothing is. A null value stands for removal. */
export function attributesProblem(attributes: Readonly<Record<string, unknown>>): string | undefined {
  const entries = Object.entries(attributes);
  if (entries.length > ATTRIBUTES_LIMIT) return `must hold at most ${ATTRIBUTES_LIMIT} attributes`;
  if (entries.some(([key]) => !ATTRIBUTE_KEY.test(key)))
    return "must have keys of at most 64 letters, digits, dots, hyphens and underscores that begin with a letter";
  if (entries.some(([, value]) => !isAttributeValue(value)))
    return "must have values that are text of at most 1,024 characters, finite numbers, true, false, null, or lists of at most 100 texts";
  return undefined;
}

const isText = (value: unknown): boolean =>
  typeof value === "string" && value.length <= 1024 && !value.includes("\u0000");

function isAttributeValue(value: unknown): boolean {
  if (value === null || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  return Array.isArray(value) ? value.length <= 100 && value.every(isText) : isText(value);
}

/** What is wrong with an e-mail address; undefined where nothing is. */
export const emailProblem = (value: string): string | undefined =>
  value.length <= 254 && isEmailAddress(value) ? undefined : "must be an e-mail address of at most 254 characters";
