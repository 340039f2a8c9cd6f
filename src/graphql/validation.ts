import { type ValidationError, validate } from "class-validator";
import { invalidInput, type Violation } from "../kernel/errors.ts";

const ELEMENT = /^\d+$/;

function* violationsOf(errors: readonly ValidationError[], parent: string): Generator<Violation> {
  for (const error of errors) {
    const path = ELEMENT.test(error.property) ? `${parent}[${error.property}]` : `${parent}.${error.property}`;
    for (const message of Object.values(error.constraints ?? {})) yield { path, message };
    if (error.children) yield* violationsOf(error.children, path);
  }
}

/** Passes where an input satisfies the rules declared on its class; INVALID_INPUT lists every violation at its path, never a value. */
export async function validateInput(input: object, path = "input"): Promise<void> {
  const errors = await validate(input, {
    forbidUnknownValues: false,
    validationError: { target: false, value: false },
  });
  if (errors.length > 0) throw invalidInput([...violationsOf(errors, path)]);
}
