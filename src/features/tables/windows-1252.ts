/** What the bytes 0x80 to 0x9F are in Windows-1252; a gap where they are nothing. */
const UPPER = "€\0‚ƒ„…†‡ˆ‰Š‹Œ\0Ž\0\0‘’“”•–—˜™š›œ\0žŸ";
const UNDEFINED = new Set([...UPPER].flatMap((one, place) => (one === "\0" ? [0x80 + place] : [])));
/** What Latin-1 has where Windows-1252 has something else. */
const LATIN_CONTROLS = /[\x80-\x9f]/g;
const BYTES = new Map([...UPPER].map((one, place) => [one, 0x80 + place]));

/** Where the first byte stands that is nothing in Windows-1252; -1 where there is none. */
export const undefinedByte = (bytes: Buffer): number => bytes.findIndex((byte) => UNDEFINED.has(byte));

/** Text of bytes that are all something: `TextDecoder` of some versions of Node takes the encoding for Latin-1. */
export const fromWindows1252 = (bytes: Buffer): string =>
  bytes.toString("latin1").replace(LATIN_CONTROLS, (one) => UPPER[one.charCodeAt(0) - 0x80] as string);

/** Text as bytes; what Windows-1252 does not have becomes a question mark. */
export const toWindows1252 = (text: string): Buffer =>
  Buffer.from([...text].map((one) => (isLatin(one) ? one.charCodeAt(0) : (BYTES.get(one) ?? 0x3f))));

function isLatin(one: string): boolean {
  const code = one.codePointAt(0) as number;
  return code < 0x80 || (code > 0x9f && code < 0x100);
}
