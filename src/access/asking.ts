import type { Viewer } from "./actor.ts";

/** Who asks, at the operation's instant. */
export interface Asking {
  viewer: Viewer;
  now: Date;
  today: string;
  /** Whether what is read may come from the replica. */
  fromReplica?: boolean;
}
