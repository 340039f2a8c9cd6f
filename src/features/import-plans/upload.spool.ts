import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { RollcallError } from "../../kernel/errors.ts";
import type { TableSource } from "../tables/table.source.ts";

/** A part of a file as it is stored: large enough that statements do not count, small enough that it is no matter of memory. */
export const PART_BYTES = 1024 * 1024;
const CHUNK_BYTES = 65_536;

/** A file in a place without a name: whatever happens, nothing is left of it. */
export class Spool {
  private constructor(
    private readonly file: FileHandle,
    readonly size: number,
    readonly sha256: Buffer,
  ) {}

  /** Takes a stream to its end; INVALID_INPUT with `limit` where it is longer than it may be, and its rest is not read. */
  static async of(stream: AsyncIterable<Uint8Array>, limit: number): Promise<Spool> {
    const path = join(tmpdir(), `rollcall-upload-${randomUUID()}`);
    const file = await open(path, "wx+", 0o600);
    try {
      await unlink(path);
      const hash = createHash("sha256");
      let size = 0;
      for await (const chunk of stream) {
        size += chunk.length;
        if (size > limit)
          throw new RollcallError("INVALID_INPUT", `The file is larger than ${limit} bytes.`, { limit });
        hash.update(chunk);
        await file.appendFile(chunk);
      }
      return new Spool(file, size, hash.digest());
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async *parts(): AsyncGenerator<Buffer> {
    for (let from = 0; from < this.size; ) {
      const { bytesRead, buffer } = await this.file.read(Buffer.alloc(PART_BYTES), 0, PART_BYTES, from);
      if (bytesRead === 0) return;
      from += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  /** Its bytes, to be read as often as need be until it is closed. */
  source(name: string): TableSource {
    return {
      name,
      size: this.size,
      open: (from = 0, to = this.size) => Readable.from(this.#range(from, to), { objectMode: false }),
    };
  }

  async *#range(from: number, to: number): AsyncGenerator<Buffer> {
    for (let at = from; at < to; ) {
      const length = Math.min(CHUNK_BYTES, to - at);
      const { bytesRead, buffer } = await this.file.read(Buffer.alloc(length), 0, length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
