import { isUtf8 } from "node:buffer";
import type { TableEncoding } from "./table.format.ts";
import { type TableSource, tableFault } from "./table.source.ts";
import { fromWindows1252, undefinedByte } from "./windows-1252.ts";

const MARKS: readonly { bytes: Buffer; encoding: TableEncoding }[] = [
  { bytes: Buffer.from([0xef, 0xbb, 0xbf]), encoding: "utf-8" },
  { bytes: Buffer.from([0xff, 0xfe]), encoding: "utf-16le" },
  { bytes: Buffer.from([0xfe, 0xff]), encoding: "utf-16be" },
];
const NAMES: Readonly<Record<TableEncoding, string>> = {
  "utf-8": "UTF-8",
  "utf-16le": "UTF-16 (little endian)",
  "utf-16be": "UTF-16 (big endian)",
  "windows-1252": "Windows-1252",
};
const LINE_FEED = 0x0a;

/** What a file's text is written in, and how many of its first bytes are the byte order mark that says so. INVALID_INPUT where it was said to be something else. */
export function encodingOf(
  source: TableSource,
  head: Buffer,
  declared: TableEncoding | undefined,
): { encoding: TableEncoding; mark: number } {
  const mark = MARKS.find(({ bytes }) => head.subarray(0, bytes.length).equals(bytes));
  if (!mark) return { encoding: declared ?? "utf-8", mark: 0 };
  if (declared && declared !== mark.encoding)
    throw tableFault(
      source,
      undefined,
      `begins with the byte order mark of ${NAMES[mark.encoding]}, and ${NAMES[declared]} was declared.`,
    );
  return { encoding: mark.encoding, mark: mark.bytes.length };
}

/** The text of a file in UTF-8, in blocks that end between characters. INVALID_INPUT, by its line, for bytes that are no text. */
export async function* decoded(
  source: TableSource,
  chunks: AsyncIterable<Buffer>,
  encoding: TableEncoding,
): AsyncGenerator<Buffer> {
  const decode = DECODERS[encoding]();
  let line = 1;
  for await (const block of blocks(chunks, encoding)) {
    const { text, sound } = decode(block);
    const nul = text.indexOf(0);
    line += lineFeeds(nul < 0 ? text : text.subarray(0, nul));
    if (nul >= 0)
      throw tableFault(
        source,
        line,
        `holds a NUL, which no text does: save the file in UTF-8${encoding === "utf-8" ? ", or declare its encoding where it is UTF-16" : ""}.`,
      );
    if (!sound)
      throw tableFault(
        source,
        line,
        encoding === "utf-8"
          ? "holds bytes that are no text in UTF-8: save the file in UTF-8, or declare its encoding, such as windows-1252."
          : `holds bytes that are no text in ${NAMES[encoding]}, which was ${encoding.startsWith("utf-16") ? "found or " : ""}declared.`,
      );
    yield text;
  }
}

/** Text up to the first byte that is none, and whether that is all of it. */
interface Decoded {
  text: Buffer;
  sound: boolean;
}

const DECODERS: Readonly<Record<TableEncoding, () => (block: Buffer) => Decoded>> = {
  "utf-8": () => (block) => {
    if (isUtf8(block)) return { text: block, sound: true };
    const read = Buffer.from(block.toString());
    const wrong = block.findIndex((byte, place) => byte !== read[place]);
    return { text: block.subarray(0, wrong), sound: false };
  },
  "windows-1252": () => (block) => {
    const wrong = undefinedByte(block);
    const text = Buffer.from(fromWindows1252(wrong < 0 ? block : block.subarray(0, wrong)));
    return { text, sound: wrong < 0 };
  },
  "utf-16le": () => utf16,
  "utf-16be": () => (block) => utf16(block.length % 2 === 0 ? Buffer.from(block).swap16() : block),
};

function utf16(block: Buffer): Decoded {
  const text = block.toString("utf16le");
  const sound = block.length % 2 === 0 && text.isWellFormed();
  return { text: Buffer.from(sound ? text : text.slice(0, wellFormedLength(text))), sound };
}

const wellFormedLength = (text: string): number => {
  const repaired = text.toWellFormed();
  for (let place = 0; place < text.length; place++) if (text[place] !== repaired[place]) return place;
  return text.length;
};

/** Chunks that end between characters; what is left over at the end of the file comes as it is. */
async function* blocks(chunks: AsyncIterable<Buffer>, encoding: TableEncoding): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = bytes.length - unfinished(bytes, encoding);
    rest = bytes.subarray(end);
    if (end > 0) yield bytes.subarray(0, end);
  }
  if (rest.length > 0) yield rest;
}

/** How many bytes at the end may be the beginning of a character. */
function unfinished(bytes: Buffer, encoding: TableEncoding): number {
  if (encoding === "windows-1252") return 0;
  if (encoding === "utf-8") {
    for (let back = 1; back <= 3 && back <= bytes.length; back++) {
      const byte = bytes[bytes.length - back] as number;
      if (byte < 0x80) return 0;
      if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
    }
    return 0;
  }
  const odd = bytes.length % 2;
  const high = bytes[bytes.length - odd - (encoding === "utf-16le" ? 1 : 2)];
  return odd + (high !== undefined && high >= 0xd8 && high < 0xdc ? 2 : 0);
}

function lineFeeds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) count++;
  return count;
}
