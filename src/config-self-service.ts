import {
  isOwnField,
  OWN_FIELDS,
  type OwnField,
  SELF_SERVICE_DEFAULTS,
  type SelfServiceSettings,
} from "./features/self-service/own-profile.fields.ts";

/** What reads the environment, as far as self-service needs it. */
interface Reads {
  text(name: string): string | undefined;
  fail(name: string, problem: string): void;
}

const EDITABLE = "SELF_EDITABLE_FIELDS";
const SENSITIVE = "SELF_SENSITIVE_FIELDS";
const NONE = "none";

/** What people change of themselves, as the environment says. */
export function readSelfService(read: Reads): SelfServiceSettings {
  const editable = fieldsOf(read, EDITABLE) ?? SELF_SERVICE_DEFAULTS.editable;
  const sensitive = fieldsOf(read, SENSITIVE) ?? SELF_SERVICE_DEFAULTS.sensitive;
  return Object.freeze({ editable, sensitive: sensitive.filter((field) => editable.includes(field)) });
}

/** The same by variable, fit to be shown. */
export const describeSelfService = ({ editable, sensitive }: SelfServiceSettings): readonly [string, string][] => [
  [EDITABLE, editable.join(",") || NONE],
  [SENSITIVE, sensitive.join(",") || NONE],
];

function fieldsOf(read: Reads, name: string): OwnField[] | undefined {
  const text = read.text(name);
  if (text === undefined) return undefined;
  if (text.toLowerCase() === NONE) return [];
  const names = text.split(",").map((one) => one.trim());
  if (names.every(isOwnField)) return [...new Set(names)] as OwnField[];
  read.fail(name, `must be ${NONE}, or some of these with commas between: ${OWN_FIELDS.join(", ")}.`);
  return undefined;
}
