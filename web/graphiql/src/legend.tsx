import { useReadableEditors, useSharedHeaders } from "./editors.ts";

/** The name of the page, which is always shown: what concerns all editors is set up with it. */
export function Legend({ defaultHeaders }: { defaultHeaders: string }) {
  useReadableEditors();
  useSharedHeaders(defaultHeaders);
  return <span className="rollcall">Rollcall</span>;
}
