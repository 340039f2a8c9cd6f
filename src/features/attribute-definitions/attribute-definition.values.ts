import type { DefinedType } from "../../access/actor.ts";
import type { Violation } from "../../kernel/errors.ts";
import { patternProblem } from "../attributes/attribute.pattern.ts";
import type { AttributeDefinitionEntity } from "../attributes/attribute-definition.entity.ts";

/** What of a definition can be set; its key never changes. */
export type DefinitionValues = Pick<
  AttributeDefinitionEntity,
  | "name"
  | "description"
  | "type"
  | "state"
  | "required"
  | "unique"
  | "pattern"
  | "minimum"
  | "maximum"
  | "earliest"
  | "latest"
  | "minLength"
  | "maxLength"
  | "choices"
  | "sensitive"
  | "selfEditable"
  | "readPermission"
  | "searchable"
>;

/** A definition as it is read. */
export interface DefinitionRecord extends DefinitionValues {
  id: string;
  version: number;
  key: string;
  createdAt: Date;
  updatedAt: Date;
}

export const CHOICES_LIMIT = 500;
export const CHOICE_LENGTH = 256;
/** How long a text may be by which people are ordered: what an index entry has room for. */
export const SEARCHABLE_LENGTH = 256;

/** What a definition says that leaves everything else unsaid. */
export const PLAIN: Omit<DefinitionValues, "name" | "type"> = {
  description: null,
  state: "ACTIVE",
  required: false,
  unique: false,
  pattern: null,
  minimum: null,
  maximum: null,
  earliest: null,
  latest: null,
  minLength: null,
  maxLength: null,
  choices: null,
  sensitive: false,
  selfEditable: false,
  readPermission: null,
  searchable: false,
};

/** The types that each rule is for. */
const FOR: Readonly<Partial<Record<keyof DefinitionValues, readonly DefinedType[]>>> = {
  unique: ["STRING", "NUMBER", "DATE"],
  pattern: ["STRING", "SET"],
  minimum: ["NUMBER"],
  maximum: ["NUMBER"],
  earliest: ["DATE"],
  latest: ["DATE"],
  minLength: ["STRING", "SET"],
  maxLength: ["STRING", "SET"],
  choices: ["CHOICE", "SET"],
};

/** Whether people can be put in order by an attribute. */
export const isOrdered = ({ type, searchable, state }: DefinitionValues): boolean =>
  searchable && state !== "REMOVED" && type !== "SET" && type !== "BOOLEAN";

/** The definition as it is kept: a text by which people are ordered has a bound. */
export const bounded = (values: DefinitionValues): DefinitionValues =>
  values.searchable && values.type === "STRING" && values.maxLength === null
    ? { ...values, maxLength: SEARCHABLE_LENGTH }
    : values;

/** Everything that is wrong with a definition in itself, at its path. */
export function definitionViolations(values: DefinitionValues): Violation[] {
  const violations: Violation[] = [];
  const refuse = (name: string, message: string, more: Partial<Violation> = {}) =>
    void violations.push({ path: `input.${name}`, message, ...more });
  for (const [name, types] of Object.entries(FOR)) {
    const value = values[name as keyof DefinitionValues];
    if (value !== null && value !== false && !types.includes(values.type))
      refuse(name, `must not be given for a ${values.type}: it is for ${types.join(", ")}.`, { allowed: types });
  }
  const { pattern, minimum, maximum, earliest, latest, minLength, maxLength, type, searchable } = values;
  const problem = pattern === null ? undefined : patternProblem(pattern);
  if (problem) refuse("pattern", `${problem}.`);
  if (minimum !== null && maximum !== null && minimum > maximum) refuse("maximum", "must not be below minimum.");
  if (earliest !== null && latest !== null && earliest > latest) refuse("latest", "must not be before earliest.");
  for (const [name, length] of Object.entries({ minLength, maxLength }))
    if (length !== null && (length < 1 || length > 1024)) refuse(name, "must be from 1 to 1,024.", { limit: 1024 });
  if (minLength !== null && maxLength !== null && minLength > maxLength)
    refuse("maxLength", "must not be below minLength.");
  if (searchable && type === "STRING" && (maxLength ?? 0) > SEARCHABLE_LENGTH)
    refuse("maxLength", `must be at most ${SEARCHABLE_LENGTH} where the attribute is searchable.`, {
      limit: SEARCHABLE_LENGTH,
    });
  violations.push(...choiceViolations(values));
  return violations;
}

function choiceViolations({ type, choices }: DefinitionValues): Violation[] {
  if (choices === null)
    return type === "CHOICE" ? [{ path: "input.choices", message: "must be given: a CHOICE has some." }] : [];
  if (choices.length < 1 || choices.length > CHOICES_LIMIT)
    return [{ path: "input.choices", message: `must hold 1 to ${CHOICES_LIMIT} choices.`, limit: CHOICES_LIMIT }];
  const seen = new Set<string>();
  return choices.flatMap(({ value, label }, place): Violation[] => {
    const path = `input.choices[${place}]`;
    const unfit = Object.entries({ value, label })
      .filter(([, text]) => text.trim() === "" || text.length > CHOICE_LENGTH || /\p{Cc}/u.test(text))
      .map(([name]) => ({ path: `${path}.${name}`, message: `must have 1 to ${CHOICE_LENGTH} printable characters.` }));
    const twice = seen.has(value) ? [{ path: `${path}.value`, message: "must not stand in the list twice." }] : [];
    seen.add(value);
    return [...unfit, ...twice];
  });
}
