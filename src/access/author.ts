import type { Cause } from "../database/cause.ts";
import type { Viewer } from "./actor.ts";

/** Who carries out a command, and the cause that the log keeps with what it changes. */
export interface Author {
  readonly viewer: Viewer;
  cause(action: string, reason?: string | null): Cause;
}
