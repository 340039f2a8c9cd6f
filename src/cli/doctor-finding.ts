/** What the doctor found: what was looked at, how it is, and what to do where it is not well. */
export interface Finding {
  level: "OK" | "WARN" | "BAD";
  about: string;
  text: string;
}

/** It is as it should be. */
export const good = (about: string, text: string): Finding => ({ level: "OK", about, text });
/** It works, but somebody should think about it. */
export const doubtful = (about: string, text: string): Finding => ({ level: "WARN", about, text });
/** It does not work, or will not. */
export const bad = (about: string, text: string): Finding => ({ level: "BAD", about, text });

/** A finding as one line. */
export const printFinding = ({ level, about, text }: Finding): string =>
  `${level.padEnd(4)}  ${about}: ${text.replaceAll("\n", " ")}`;
