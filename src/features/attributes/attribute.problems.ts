import type { AttributeChoice, AttributeDefinitionEntity } from "./attribute-definition.entity.ts";

/** What can be wrong with somebody's value of an attribute, as the database finds it. */
export const ATTRIBUTE_PROBLEMS = {
  REQUIRED: "There must be a value, and there is none.",
  TYPE: "The value is not of the attribute's type.",
  CHOICE: "The value, or a member of the set, is none of the choices.",
  PATTERN: "The text does not match the pattern.",
  TOO_SHORT: "The text is too short.",
  TOO_LONG: "The text is too long.",
  TOO_SMALL: "The number is below the least.",
  TOO_LARGE: "The number is above the greatest.",
  TOO_EARLY: "The date is before the earliest.",
  TOO_LATE: "The date is after the latest.",
  TAKEN: "Somebody else has the same value, and it must be unique.",
  UNDEFINED: "No attribute of this key is defined.",
  REMOVED: "The attribute was removed.",
} as const;

export type AttributeProblemKind = keyof typeof ATTRIBUTE_PROBLEMS;

/** What of a definition says what it accepts. */
export type Accepting = Pick<
  AttributeDefinitionEntity,
  "type" | "pattern" | "minimum" | "maximum" | "earliest" | "latest" | "minLength" | "maxLength" | "choices"
>;

const TYPES: Readonly<Record<AttributeDefinitionEntity["type"], string>> = {
  STRING: "text",
  NUMBER: "a number",
  BOOLEAN: "true or false",
  DATE: "a date such as 2026-03-31",
  CHOICE: "one of the choices",
  SET: "a list of texts",
};

/** How many choices a message lists; what is accepted beyond them is in the definition. */
const LISTED = 50;

/** What is wrong, in words that say what would be accepted and never repeat the value; the choices and bounds beside it. */
export function problemMessage(
  problem: AttributeProblemKind,
  definition: Accepting | undefined,
): { message: string; allowed?: readonly string[]; limit?: number } {
  const { type, pattern, minimum, maximum, earliest, latest, minLength, maxLength, choices } = definition ?? NOTHING;
  const member = type === "SET" ? "must hold texts that" : "must";
  switch (problem) {
    case "REQUIRED":
      return { message: "must have a value: the attribute is required." };
    case "TYPE":
      return { message: `must be ${TYPES[type]}.` };
    case "CHOICE":
      return {
        message: type === "SET" ? "must hold choices of the attribute alone." : "must be one of the choices.",
        allowed: (choices ?? []).slice(0, LISTED).map(({ value }: AttributeChoice) => value),
      };
    case "PATTERN":
      return { message: `${member} match the pattern ${pattern}.` };
    case "TOO_SHORT":
      return { message: `${member} have at least ${minLength} characters.`, limit: minLength ?? 0 };
    case "TOO_LONG":
      return { message: `${member} have at most ${maxLength} characters.`, limit: maxLength ?? 0 };
    case "TOO_SMALL":
      return { message: `must be at least ${minimum}.`, limit: minimum ?? 0 };
    case "TOO_LARGE":
      return { message: `must be at most ${maximum}.`, limit: maximum ?? 0 };
    case "TOO_EARLY":
      return { message: `must not be before ${earliest}.` };
    case "TOO_LATE":
      return { message: `must not be after ${latest}.` };
    case "TAKEN":
      return { message: "must be unique, without regard to case: another person has this value." };
    case "UNDEFINED":
      return { message: "must be the key of an attribute that is defined." };
    case "REMOVED":
      return { message: "must not be given: the attribute was removed." };
  }
}

const NOTHING: Accepting = {
  type: "STRING",
  pattern: null,
  minimum: null,
  maximum: null,
  earliest: null,
  latest: null,
  minLength: null,
  maxLength: null,
  choices: null,
};
