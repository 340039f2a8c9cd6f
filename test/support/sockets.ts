import { afterEach } from "vitest";
import type { Socket } from "./socket.ts";

/** Sockets that are gone after each test of the file. */
export function inFile(): { keep(socket: Socket): Socket } {
  let open: Socket[] = [];
  afterEach(() => {
    for (const socket of open) socket.kill();
    open = [];
  });
  return {
    keep(socket) {
      open.push(socket);
      return socket;
    },
  };
}
