import type { Chance } from "./demo.chance.ts";
import { CULTURES, type Culture, type CultureName } from "./demo.cultures.ts";

/** What a person of the demo is called. */
export interface PersonName {
  display: string;
  given: string | null;
  middle: string | null;
  family: string | null;
  nick: string | null;
  prefix: string | null;
  suffix: string | null;
  /** What they speak at home: BCP 47. */
  language: string;
}

const ALL_CULTURES = Object.keys(CULTURES) as CultureName[];
const LOCAL_PERCENT = 66;

/** A name such as people have who work at a place: most of them come from nearby. */
export function nameOf(chance: Chance, local: readonly CultureName[]): PersonName {
  const culture: Culture = CULTURES[chance.odds(LOCAL_PERCENT) ? chance.of(local) : chance.of(ALL_CULTURES)];
  const [given = "", familiar] = chance.of(culture.given).split("=");
  const family = culture.family.length > 0 ? chance.of(culture.family) : null;
  const middle = culture.middle && chance.odds(40) ? chance.of(culture.middle) : null;
  return {
    ...named(given, family, culture.familyFirst),
    middle,
    nick: familiar && chance.odds(70) ? familiar : null,
    prefix: chance.odds(4) ? chance.of(["Dr.", "Dr.", "Prof."]) : null,
    suffix: chance.odds(1.5) ? chance.of(["Jr.", "III", "PhD"]) : null,
    language: culture.language,
  };
}

/** A name of a given and a family name, where there is one. */
export function named(given: string, family: string | null, familyFirst?: true): PersonName {
  const parts = familyFirst ? [family, given] : [given, family];
  const display = parts.filter((part) => part !== null).join(" ");
  return { display, given, family, middle: null, nick: null, prefix: null, suffix: null, language: "en" };
}

/** Letters that Unicode does not take apart into a plain one and a mark. */
const PLAIN: Readonly<Record<string, string>> = {
  ß: "ss",
  ø: "oe",
  æ: "ae",
  å: "aa",
  ł: "l",
  đ: "d",
  ð: "d",
  þ: "th",
  ı: "i",
  ẹ: "e",
};

/** A text in small letters of ASCII, as usernames and addresses have it; apostrophes go and spaces become hyphens. */
export const inAscii = (text: string): string =>
  [...text.toLowerCase()]
    .map((letter) => PLAIN[letter] ?? letter)
    .join("")
    .normalize("NFD")
    .replace(/\p{M}|['’.]/gu, "")
    .replace(/[^a-z0-9]+/g, "-");

/** Usernames of given and family name; the second of a name has a 2 behind it. */
export class Usernames {
  readonly #taken = new Set<string>();

  /** Whether somebody before has the same name. */
  has(name: PersonName): boolean {
    return this.#taken.has(plainOf(name));
  }

  take(name: PersonName): string {
    const plain = plainOf(name);
    let username = plain;
    for (let count = 2; this.#taken.has(username); count++) username = `${plain}${count}`;
    this.#taken.add(username);
    return username;
  }
}

const plainOf = ({ given, family }: PersonName): string =>
  [given, family].flatMap((part) => (part ? [inAscii(part)] : [])).join(".");
