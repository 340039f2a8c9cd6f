import { pipeline } from "node:stream/promises";
import { crc32, createDeflateRaw } from "node:zlib";

/*
 * An archive that is written from its beginning to its end (APPNOTE.TXT, PKWARE): how large a file is, and its sum, stand behind it and in the directory
 * at the end; in 64 bits where they must (ZIP64).
 */

/** A file of an archive, in parts. Its path is of ASCII letters. */
export interface ZipFile {
  path: string;
  parts: Iterable<Buffer> | AsyncIterable<Buffer>;
}

interface Written {
  path: Buffer;
  offset: number;
  sum: number;
  size: number;
  packed: number;
}

/** How hard it is compressed (zlib): what repeats itself as a sheet does is hardly smaller with more, which takes several times as long. */
const LEVEL = 1;
/** What of a file may wait to be compressed, in bytes: the next part is made meanwhile. */
const AHEAD_BYTES = 1_048_576;
const PACKED_BYTES = 65_536;
/** What 32 bits say of what stands in 64. */
const IN_64_BITS = 0xffffffff;
/** Of the format that is needed to read a file, without and with 64 bits. */
const VERSION = 20;
const VERSION_64 = 45;
const SUM_FOLLOWS = 0x0008;
const DEFLATED = 8;
/** 1980-01-01: no file of an archive is older. */
const DATE = 0x0021;

/** Makes an archive of files as they come; each is compressed beside the making of the next of its parts. Numbers from `large` on are written in 64 bits. */
export async function* writeZip(files: Iterable<ZipFile>, large = IN_64_BITS): AsyncGenerator<Buffer> {
  const written: Written[] = [];
  let offset = 0;
  const passed = (bytes: Buffer): Buffer => {
    offset += bytes.length;
    return bytes;
  };
  for (const { path, parts } of files) {
    const file = { path: Buffer.from(path), offset, sum: 0, size: 0, packed: 0 };
    yield passed(record(LOCAL, VERSION, SUM_FOLLOWS, DEFLATED, 0, DATE, 0, 0, 0, path.length, 0));
    yield passed(file.path);
    for await (const bytes of packed(file, parts)) yield passed(bytes);
    const behind = file.size >= large || file.packed >= large ? BEHIND_64 : BEHIND;
    yield passed(record(behind, file.sum, file.packed, file.size));
    written.push(file);
  }
  const directory = Buffer.concat(written.map((file) => entryOf(file, large)));
  yield directory;
  yield endOf({ count: written.length, size: directory.length, offset }, large);
}

async function* packed(file: Written, parts: ZipFile["parts"]): AsyncGenerator<Buffer> {
  async function* counted() {
    for await (const part of parts) {
      file.sum = crc32(part, file.sum);
      file.size += part.length;
      yield part;
    }
  }
  const options = { level: LEVEL, chunkSize: PACKED_BYTES, writableHighWaterMark: AHEAD_BYTES };
  const deflate = createDeflateRaw(options);
  const fed = pipeline(counted, deflate);
  const ended = fed.catch(() => undefined);
  try {
    for await (const bytes of deflate as AsyncIterable<Buffer>) {
      file.packed += bytes.length;
      yield bytes;
    }
    await fed;
  } finally {
    deflate.destroy();
    await ended; // Making the parts may hold something.
  }
}

/** A file in the directory at the end. */
function entryOf({ path, offset, sum, size, packed: packedSize }: Written, large: number): Buffer {
  const isLarge = [offset, size, packedSize].some((number) => number >= large);
  const [version, more] = isLarge
    ? [VERSION_64, record(MORE, 24, size, packedSize, offset)]
    : [VERSION, Buffer.alloc(0)];
  const short = (number: number): number => (isLarge ? IN_64_BITS : number);
  const [first, last] = [short(packedSize), short(size)];
  const head = record(
    ENTRY,
    version,
    version,
    SUM_FOLLOWS,
    DEFLATED,
    0,
    DATE,
    sum,
    first,
    last,
    path.length,
    more.length,
    0,
    short(offset),
  );
  return Buffer.concat([head, path, more]);
}

function endOf({ count, size, offset }: { count: number; size: number; offset: number }, large: number): Buffer {
  if (offset + size < large) return record(END, 0, count, count, size, offset, 0);
  return Buffer.concat([
    record(END_64, 44, VERSION_64, VERSION_64, 0, count, count, size, offset),
    record(LOCATOR, 0, offset + size, 1),
    record(END, 0, count, count, IN_64_BITS, IN_64_BITS, 0),
  ]);
}

/** What a record of an archive begins with, and how many bytes each of its numbers has. */
type Layout = readonly [signature: string, ...bytes: number[]];

const LOCAL: Layout = ["PK\x03\x04", 2, 2, 2, 2, 2, 4, 4, 4, 2, 2];
const BEHIND: Layout = ["PK\x07\x08", 4, 4, 4];
const BEHIND_64: Layout = ["PK\x07\x08", 4, 8, 8];
const ENTRY: Layout = ["PK\x01\x02", 2, 2, 2, 2, 2, 2, 4, 4, 4, 2, 2, 10, 4];
const MORE: Layout = ["\x01\x00", 2, 8, 8, 8];
const END_64: Layout = ["PK\x06\x06", 8, 2, 2, 8, 8, 8, 8, 8];
const LOCATOR: Layout = ["PK\x06\x07", 4, 8, 4];
const END: Layout = ["PK\x05\x06", 4, 2, 2, 4, 4, 2];

/** Numbers in a layout, of each the least byte first. */
function record([signature, ...bytes]: Layout, ...numbers: readonly number[]): Buffer {
  const parts = numbers.map((number, place) => {
    const part = Buffer.alloc(bytes[place] ?? 0);
    if (part.length <= 4) part.writeUIntLE(number, 0, part.length);
    else part.writeBigUInt64LE(BigInt(number));
    return part;
  });
  return Buffer.concat([Buffer.from(signature, "latin1"), ...parts]);
}
