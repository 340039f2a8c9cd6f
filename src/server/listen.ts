import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { StartError } from "../kernel/start-error.ts";

/**
 * Connections that may wait until they are accepted, where the system allows as many: when all who followed a gateway come at once, whoever finds no
 * place is not refused, but comes again by itself a second later, and then three, seven and fifteen.
 */
const BACKLOG = 8_192;

/** Starts listening and returns the address for people to open. An address that cannot be had is a StartError. */
export async function listen(server: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    await server.listen({ host, port, backlog: BACKLOG });
  } catch (error) {
    throw new StartError(reason((error as NodeJS.ErrnoException).code, host, port), { cause: error });
  }
  const bound = server.server.address() as AddressInfo;
  return `http://${EVERYWHERE.has(host) ? "localhost" : host.includes(":") ? `[${host}]` : host}:${bound.port}`;
}

const EVERYWHERE: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

function reason(code: string | undefined, host: string, port: number): string {
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} on ${host} is in use: stop the process that listens there, or set PORT to another.`;
    case "EACCES":
      return `Port ${port} on ${host} needs privileges that this process lacks: set PORT to one above 1023.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `HOST names no address of this machine (${host}): set it to 127.0.0.1, or to 0.0.0.0 for all of them.`;
    default:
      return `Cannot listen on port ${port} of ${host} (${code ?? "unknown reason"}).`;
  }
}
