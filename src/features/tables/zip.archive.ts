import { pipeline, type Readable } from "node:stream";
import { crc32, createInflateRaw } from "node:zlib";
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from "yauzl";
import { RollcallError } from "../../kernel/errors.ts";
import type { TableLimits } from "./table.limits.ts";
import { type TableSource, tableFault } from "./table.source.ts";

/** From where on the ratio of a part is looked at: what is small may well be much smaller when packed. */
const RATIO_FLOOR = 1_048_576;
const LOCAL_HEADER = 30;
const CHUNK = 65_536;
const [STORED, DEFLATED] = [0, 8];

class SourceReader extends RandomAccessReader {
  constructor(readonly source: TableSource) {
    super();
  }
  override _readStreamForRange(start: number, end: number): Readable {
    return this.source.open(start, end);
  }
}

/** The parts of a zip archive, within limits, in bounded memory. Whatever is wrong with the archive is INVALID_INPUT. */
export class ZipArchive {
  private constructor(
    readonly source: TableSource,
    readonly zip: ZipFile,
    readonly parts: ReadonlyMap<string, Entry>,
    readonly watch: (bytes: number) => void,
  ) {}

  /** Reads the list of parts, and refuses one that lies: parts that overlap, come twice, lead out of the archive, or unpack to more than may be. */
  static async open(source: TableSource, limits: TableLimits, watch: (bytes: number) => void): Promise<ZipArchive> {
    if (source.size === undefined)
      throw tableFault(source, undefined, "is a workbook, and is read in parts: it must be a regular file.");
    const zip = await sound(source, () =>
      fromRandomAccessReaderPromise(new SourceReader(source), source.size as number, {
        autoClose: false,
        strictFileNames: true,
      }),
    );
    zip.on("error", () => undefined);
    if (zip.entryCount > limits.parts)
      throw tableFault(source, undefined, `may have at most ${limits.parts} parts; it has ${zip.entryCount}.`, {
        limit: limits.parts,
      });
    const directory = Number(zip.readEntryCursor);
    const parts = await sound(source, () => partsOf(source, zip, limits));
    requireApart(source, [...parts.values()], directory);
    return new ZipArchive(source, zip, parts, watch);
  }

  /** Names of parts are the same in upper and lower case (ECMA-376, part 2). */
  has(name: string): boolean {
    return this.parts.has(name.toLowerCase());
  }

  /** What a part unpacks to, in chunks: exactly what the list of parts says, or INVALID_INPUT. */
  async *read(name: string): AsyncGenerator<Buffer> {
    const { source } = this;
    const entry = this.parts.get(name.toLowerCase());
    if (!entry) throw tableFault(source, undefined, `is no sound workbook: its part ${name.slice(0, 200)} is missing.`);
    let [length, sum] = [0, 0];
    for await (const chunk of this.#unpacked(entry)) {
      length += chunk.length;
      if (length > entry.uncompressedSize) break;
      sum = crc32(chunk, sum);
      yield chunk;
    }
    if (length !== entry.uncompressedSize || sum !== entry.crc32) throw damaged(source);
  }

  async *#unpacked(entry: Entry): AsyncGenerator<Buffer> {
    const { source, zip, watch } = this;
    const { fileDataStart } = await sound(source, () => zip.readLocalFileHeaderPromise(entry, { minimal: true }));
    const { compressedSize, compressionMethod } = entry;
    if (compressedSize === 0) return;
    const raw = source.open(fileDataStart, fileDataStart + compressedSize);
    async function* packed() {
      for await (const chunk of raw) {
        watch(chunk.length);
        yield chunk as Buffer;
      }
    }
    if (compressionMethod === STORED) {
      yield* packed();
      return;
    }
    const inflate = createInflateRaw({ chunkSize: CHUNK });
    pipeline(packed(), inflate, () => undefined);
    try {
      for await (const chunk of inflate) yield chunk as Buffer;
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code?.startsWith("Z_") ? damaged(source) : error;
    }
  }
}

const damaged = (source: TableSource): RollcallError =>
  tableFault(source, undefined, "is damaged: it cannot be unpacked.");

/** Makes what the reader of archives throws INVALID_INPUT; errors of the system, and ours, stay what they are. */
async function sound<T>(source: TableSource, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof RollcallError || (error as NodeJS.ErrnoException).syscall ? error : damaged(source);
  }
}

async function partsOf(source: TableSource, zip: ZipFile, limits: TableLimits): Promise<Map<string, Entry>> {
  const parts = new Map<string, Entry>();
  let unpacked = 0;
  for await (const entry of zip.eachEntry()) {
    const { fileName, compressedSize, uncompressedSize, compressionMethod } = entry;
    const complain = (message: string, limit?: number) =>
      tableFault(
        source,
        undefined,
        `its part ${fileName.slice(0, 200)} ${message}`,
        limit === undefined ? {} : { limit },
      );
    if (parts.has(fileName.toLowerCase())) throw complain("is there twice.");
    if (entry.isEncrypted()) throw complain("is encrypted: save it without a password.");
    if (compressionMethod !== STORED && compressionMethod !== DEFLATED)
      throw complain("is packed by a method that workbooks do not have.");
    if (uncompressedSize > RATIO_FLOOR && uncompressedSize > limits.ratio * compressedSize)
      throw complain(`may unpack to at most ${limits.ratio} times its size.`, limits.ratio);
    unpacked += uncompressedSize;
    if (unpacked > limits.unpackedBytes)
      throw tableFault(source, undefined, `may unpack to at most ${limits.unpackedBytes} bytes.`, {
        limit: limits.unpackedBytes,
      });
    parts.set(fileName.toLowerCase(), entry);
  }
  return parts;
}

/** Parts that share bytes unpack to many times what they are. */
function requireApart(source: TableSource, parts: readonly Entry[], directory: number): void {
  const placed = parts.toSorted((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader);
  placed.forEach(({ relativeOffsetOfLocalHeader, fileNameLength, compressedSize }, place) => {
    const end = relativeOffsetOfLocalHeader + LOCAL_HEADER + fileNameLength + compressedSize;
    const next = placed[place + 1]?.relativeOffsetOfLocalHeader ?? directory;
    if (end > next) throw tableFault(source, undefined, "is no sound workbook: its parts overlap.");
  });
}
