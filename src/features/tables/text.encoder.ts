import type { TableEncoding } from "./table.format.ts";
import { toWindows1252 } from "./windows-1252.ts";

const MARK = "\uFEFF";

/** Makes bytes of the parts of a text, the first of which comes first: UTF-16 begins with a byte order mark. What an encoding lacks becomes a question mark. */
export function textEncoder(encoding: TableEncoding): (part: string) => Buffer {
  let mark = encoding.startsWith("utf-16") ? MARK : "";
  return (part) => {
    const text = mark + part;
    mark = "";
    if (encoding === "windows-1252") return toWindows1252(text);
    if (encoding === "utf-8") return Buffer.from(text);
    const bytes = Buffer.from(text, "utf16le");
    return encoding === "utf-16le" ? bytes : bytes.swap16();
  };
}
