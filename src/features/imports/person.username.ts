import { fold } from "../../search/folding.ts";
import { PROFILE_TEXTS } from "../users/user.profile.ts";
import type { StagedPerson } from "./employee.rows.ts";

/**
 * The usernames that somebody new may get, the best first: the one given; else the local part of the e-mail address, or the
 * names, and the same with the employee number behind it. They depend on the row alone, and on the names that are taken.
 */
export function usernamesFor({ fields }: StagedPerson): string[] {
  if (fields.username) return [fields.username];
  const number = (fields.employeeNumber ?? "").replaceAll(/\s+/g, "");
  const spoken = [fields.givenName, fields.familyName].filter(Boolean).join(".");
  const local = fields.email ? fields.email.slice(0, fields.email.lastIndexOf("@")) : spoken;
  const plain = fold(local)
    .replaceAll(/\s+/g, ".")
    .slice(0, PROFILE_TEXTS.username.max - number.length - 1)
    .replace(/[\uD800-\uDBFF]$/, ""); // half a character
  return [plain, `${plain}.${number}`, number];
}

/** The first of them that is free; it is taken from then on. */
export function usernameOf(person: StagedPerson, taken: Set<string>): string {
  const names = usernamesFor(person);
  if (person.fields.username) return person.fields.username;
  const last = names.at(-1) as string;
  let name = names.find((candidate) => !taken.has(fold(candidate)));
  for (let count = 2; name === undefined; count++) if (!taken.has(fold(`${last}.${count}`))) name = `${last}.${count}`;
  taken.add(fold(name));
  return name;
}
