/** For `@ValidateIf`: the rules apply where the property was sent, `null` included; an absent one is left as it is. */
export const isGiven =
  (name: string) =>
  (input: object): boolean =>
    (input as Record<string, unknown>)[name] !== undefined;
