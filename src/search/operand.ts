import { ID_PREFIXES, type IdKind, parseId, publicId } from "../kernel/ids.ts";
import { isCivilDate } from "./civil-date.ts";
import { parseDays, parseDuration } from "./duration.ts";
import type { Catalogue, Field } from "./field.ts";
import { isStorable, wordsOf } from "./folding.ts";
import { readInstant } from "./instant.ts";

/** What an operator's operand (or each value of its list) is. */
export type OperandType =
  | "text"
  | "words"
  | "choice"
  | "int"
  | "float"
  | "boolean"
  | "instant"
  | "date"
  | "duration"
  | "days"
  | "recordId"
  | "unitId"
  | "userId"
  | "filter";

type Scalar = string | number | boolean;

/** Why a value is no operand: what would be accepted, never the value. */
export class Fault {
  constructor(
    readonly message: string,
    readonly allowed?: readonly string[],
  ) {}
}

interface Place {
  field: Field;
  catalogue: Catalogue;
}

type Reader = (value: unknown, place: Place) => Scalar | Fault;

const accept =
  (message: string, read: (value: unknown) => Scalar | undefined): Reader =>
  (value) =>
    read(value) ?? new Fault(message);

const id =
  (kindsOf: (place: Place) => readonly IdKind[]): Reader =>
  (value, place) => {
    const kinds = kindsOf(place);
    const parsed = typeof value === "string" ? parseId(value) : undefined;
    if (parsed && kinds.includes(parsed.kind)) return parsed.uuid;
    return new Fault(`must be an id of the form ${kinds.map((kind) => `${ID_PREFIXES[kind]}_…`).join(" or ")}.`);
  };

const recordKinds = ({ field, catalogue }: Place): readonly IdKind[] => [field.idKind ?? catalogue.idKind].flat();

/** Of an operand whose field names several kinds of things nothing says any more which one it is. */
function recordKind(place: Place): IdKind {
  const [kind, ...more] = recordKinds(place);
  if (!kind || more.length > 0) throw new TypeError(`${place.field.name} names several kinds of things.`);
  return kind;
}

const READERS: Readonly<Record<Exclude<OperandType, "filter">, Reader>> = {
  text: accept("must be a text without U+0000 and lone surrogates.", (v) =>
    typeof v === "string" && isStorable(v) ? v : undefined,
  ),
  words: accept("must be a text with at least one word.", (v) =>
    typeof v === "string" && isStorable(v) && wordsOf(v).length > 0 ? v : undefined,
  ),
  choice: (value, { field }) => {
    const values = field.choice?.values ?? {};
    return typeof value === "string" && Object.hasOwn(values, value)
      ? value
      : new Fault("must be one of the values allowed.", Object.keys(values));
  },
  int: accept("must be a whole number of 32 bits.", (v) =>
    Number.isInteger(v) && (v as number) === ((v as number) | 0) ? (v as number) | 0 : undefined,
  ),
  float: accept("must be a finite number.", (v) => (typeof v === "number" && Number.isFinite(v) ? v + 0 : undefined)),
  boolean: accept("must be true or false.", (v) => (typeof v === "boolean" ? v : undefined)),
  instant: accept("must be an RFC 3339 instant in the years 1 to 9999.", readInstant),
  date: accept("must be a date of the form YYYY-MM-DD.", (v) =>
    typeof v === "string" && isCivilDate(v) ? v : undefined,
  ),
  duration: accept("must be an ISO 8601 duration such as P90D or PT15M, at most P1000Y.", (v) =>
    typeof v === "string" && parseDuration(v) ? v : undefined,
  ),
  days: accept("must be an ISO 8601 duration without a time part, such as P90D, at most P1000Y.", (v) =>
    typeof v === "string" && parseDays(v) ? v : undefined,
  ),
  recordId: id(recordKinds),
  unitId: id(() => ["OrgUnit"]),
  userId: id(() => ["User"]),
};

/** The operand that an input value stands for (ids become UUIDs, instants UTC text), or why there is none. */
export const readOperand = (type: OperandType, value: unknown, place: Place): Scalar | Fault =>
  type === "filter" ? new Fault("must be a filter.") : READERS[type](value, place);

/** The input value that reads back as this operand. */
export function printOperand(type: OperandType, operand: Scalar, place: Place): Scalar {
  if (type === "recordId") return publicId(recordKind(place), String(operand));
  if (type === "unitId") return publicId("OrgUnit", String(operand));
  if (type === "userId") return publicId("User", String(operand));
  return operand;
}
