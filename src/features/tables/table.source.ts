import { createReadStream, statSync } from "node:fs";
import type { Readable } from "node:stream";
import { invalidInput, type RollcallError } from "../../kernel/errors.ts";

/** A file, wherever it is. */
export interface TableSource {
  /** What messages call it. */
  name: string;
  /** In bytes; undefined where it is not known before it is read, as of a pipe, which can be CSV only. */
  size?: number | undefined;
  /** The bytes from `from` up to and without `to`; all of them where neither is given. CSV is read once and as a whole, a workbook in parts. */
  open(from?: number, to?: number): Readable;
}

/** A file on the disk, or a pipe. That it is not there shows when it is read. */
export function sourceAt(path: string, name = path): TableSource {
  const found = statSync(path, { throwIfNoEntry: false });
  return {
    name,
    size: found?.isFile() ? found.size : undefined,
    open: (from, to) =>
      // An end of -1 is refused by Node; nothing is asked for where a range is empty.
      createReadStream(path, from === undefined ? {} : { start: from, end: to === undefined ? undefined : to - 1 }),
  };
}

/** A file that cannot be used: INVALID_INPUT that says where and why in one line. */
export const tableFault = (
  source: Pick<TableSource, "name">,
  place: string | number | undefined,
  message: string,
  bounds: { limit?: number; actual?: number; allowed?: readonly string[] } = {},
): RollcallError =>
  invalidInput([
    {
      path: place === undefined ? source.name : `${source.name}${typeof place === "number" ? ":" : " "}${place}`,
      message,
      ...bounds,
    },
  ]);
