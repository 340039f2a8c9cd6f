import type { Chance } from "./demo.chance.ts";

/** What sets a person's career apart: who joins, who leaves, whom an eye should be kept on. Days are from today, those past negative. */
export type Fate =
  | { kind: "steady" }
  /** Begins on a day to come. */
  | { kind: "joins"; day: number }
  /** Began so many years and days ago. */
  | { kind: "began"; years: number; day: number }
  /** Works on, with a last day; where that is past, nobody has noticed. */
  | { kind: "ends"; day: number }
  | { kind: "onLeave"; day: number }
  | { kind: "locked"; day: number; until: number | null }
  | { kind: "suspended"; day: number; until: number | null }
  | { kind: "left"; day: number; status: "INACTIVE" | "ARCHIVED" | "DELETED" };

const STEADY: Fate = { kind: "steady" };
const MINUTES = 1 / 1_440;

type Maker = (place: number, chance: Chance) => Fate;

/** How many people of those who are not heads have a fate, and which. */
const MEMBERS: readonly [number, Maker][] = [
  [22, (place) => ({ kind: "joins", day: 1 + (place % 13) })],
  [3, () => ({ kind: "began", years: 0, day: 0 })],
  [9, (place) => ({ kind: "began", years: 0, day: -1 - (place % 6) })],
  [11, (place) => ({ kind: "began", years: 1 + (place % 20), day: 0 })],
  [
    18,
    (place) => ({ kind: "began", years: 1 + (place % 12), day: place % 2 === 0 ? 1 + (place % 6) : -1 - (place % 6) }),
  ],
  [12, (place) => ({ kind: "ends", day: 2 + place * 4 })],
  [3, (place) => ({ kind: "ends", day: -3 - place * 5 })],
  [7, (place) => ({ kind: "onLeave", day: -20 - place * 9 })],
  [
    10,
    (place) => ({
      kind: "locked",
      day: place < 5 ? -0.1 : -2 - place,
      until: [15 * MINUTES, 1 / 24, 0.5, 1, 3][place] ?? null,
    }),
  ],
  [10, (place) => ({ kind: "suspended", day: -3 - place * 4, until: [2, 5, 14, 30, 60][place] ?? null })],
];

/** People who have left, beside those whom the units count. */
const LEAVERS: readonly [number, Maker][] = [
  [
    44,
    (place, chance) => ({ kind: "left", status: "INACTIVE", day: place < 6 ? -1 - place : -chance.between(7, 180) }),
  ],
  [42, (_, chance) => ({ kind: "left", status: "ARCHIVED", day: -chance.between(150, 2_400) })],
  [
    26,
    (place, chance) => ({
      kind: "left",
      status: "DELETED",
      day: place < 8 ? -1 - place * 3 : -chance.between(30, 400),
    }),
  ],
];

/** Heads whose people are left waiting, by the code of their unit. */
const HEADS: Readonly<Record<string, Fate>> = {
  "TEC-APP-CUS-MOB": { kind: "left", status: "INACTIVE", day: -12 },
  "OPS-LOG-WHS": { kind: "left", status: "ARCHIVED", day: -210 },
  "COM-MKT-GRW": { kind: "left", status: "DELETED", day: -20 },
  "TEC-PLT-CLD-STO": { kind: "suspended", day: -6, until: 10 },
  "OPS-PLT-FUN-CTL": { kind: "locked", day: -0.2, until: 0.25 },
  "FIN-ACC-PRC": { kind: "joins", day: 5 },
};

/** The fate of whoever heads a unit. */
export const fateOfHead = (unitCode: string): Fate => HEADS[unitCode] ?? STEADY;

/** As many fates as there are members, most of them steady, in an order that only the chance decides. */
export const fatesOfMembers = (members: number, chance: Chance): Fate[] => {
  const fates = deal(MEMBERS, chance);
  return chance.shuffled([...fates, ...Array.from({ length: members - fates.length }, () => STEADY)]);
};

/** The fates of everybody who has left. */
export const fatesOfLeavers = (chance: Chance): Fate[] => deal(LEAVERS, chance);

const deal = (plan: readonly [number, Maker][], chance: Chance): Fate[] =>
  plan.flatMap(([count, make]) => Array.from({ length: count }, (_, place) => make(place, chance)));
