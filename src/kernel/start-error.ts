import { RollcallError } from "./errors.ts";

/**
 * The gateway cannot start, for a reason that whoever started it can mend. The message is the whole story for them:
 * what is wrong and what to do about it, in one line, without a secret; it is printed without a stack.
 */
export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StartError";
  }
}

/** What a process that failed prints: of an error made for people the message alone, of any other the stack; each line says whose it is. */
export function describeFailure(error: unknown): string {
  const known = error instanceof StartError || error instanceof RollcallError;
  const story = known
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : "Something unknown failed.";
  return `rollcall: ${story.replaceAll("\n", "\nrollcall: ")}\n`;
}
