/** What a number format (ECMA-376, part 1, 18.8.30 and 18.8.31) makes of a number. */
export type NumberKind = "number" | "date" | "dateTime" | "time" | { digits: number };

const BUILT_IN: Readonly<Record<NumberKind & string, readonly [number, number][]>> = {
  number: [],
  // The last two are those of East Asian calendars.
  date: [
    [14, 17],
    [27, 31],
    [34, 36],
    [50, 58],
  ],
  dateTime: [[22, 22]],
  time: [
    [18, 21],
    [32, 33],
    [45, 47],
  ],
};

/** What a format that has a number of its own makes of numbers. */
export function builtInKind(id: number): NumberKind {
  for (const [kind, ranges] of Object.entries(BUILT_IN))
    if (ranges.some(([first, last]) => id >= first && id <= last)) return kind as NumberKind & string;
  return "number";
}

/** Texts in quotes, characters behind a backslash, widths and fillings. */
const LITERALS = /"[^"]*"?|[\\_*]./g;
/** Colours, conditions and languages, but not the hours, minutes and seconds that go on beyond a day. */
const BRACKETS = /\[(?!h+\]|m+\]|s+\])[^\]]*\]?/gi;

/** What a format's code makes of positive numbers. */
export function kindOfCode(code: string): NumberKind {
  const [section = ""] = code.replace(LITERALS, "").replace(BRACKETS, "").split(";");
  if (/general/i.test(section)) return "number";
  if (/^0{2,}$/.test(section)) return { digits: section.length };
  const hasTime = /[hs]/i.test(section) || /\[m+\]/i.test(section);
  const letters = section.replace(/am\/pm|a\/p/gi, "");
  const hasDate = /[yd]/i.test(letters) || /m{3,}/i.test(letters) || (!hasTime && /m/i.test(letters));
  return hasDate ? (hasTime ? "dateTime" : "date") : hasTime ? "time" : "number";
}
