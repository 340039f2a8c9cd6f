import { IsOptional, Max, MaxLength, Min, MinLength } from "class-validator";
import { Field, InputType, Int } from "type-graphql";
import { invalidInput } from "../../kernel/errors.ts";
import { TABLE_DELIMITERS, TABLE_ENCODINGS, type TableFormat } from "./table.format.ts";

/** An input that says how a file is written, as far as that is known. */
@InputType()
export abstract class TableFormatInput {
  @Field(() => String, { nullable: true, description: "Which sheet of a workbook; without it, the first." })
  @IsOptional()
  @MaxLength(64)
  sheet?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: "On which row the header stands, from 1; without it, it is looked for.",
  })
  @IsOptional()
  @Min(1)
  @Max(1000)
  headerRow?: number | null;

  @Field(() => String, {
    nullable: true,
    description: "The encoding of a CSV file, utf-8, utf-16le, utf-16be or windows-1252; without it, it is found out.",
  })
  @IsOptional()
  @MaxLength(32)
  encoding?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "What stands between the cells of a CSV file; without it, it is found out.",
  })
  @IsOptional()
  @MinLength(1)
  @MaxLength(1)
  delimiter?: string | null;
}

/** What of a file's format is one of a few. */
export const FORMAT_LISTS = { encoding: TABLE_ENCODINGS, delimiter: TABLE_DELIMITERS } as const;

/** Passes where everything that is given is one of its list; INVALID_INPUT with every violation otherwise. */
export function requireListed(given: object, lists: Readonly<Record<string, readonly string[]>>, path: string): void {
  const violations = Object.entries(lists).flatMap(([name, allowed]) => {
    const value = (given as Readonly<Record<string, string | null | undefined>>)[name];
    if (value == null || allowed.includes(value)) return [];
    const message = `must be one of ${allowed.map((one) => JSON.stringify(one)).join(", ")}.`;
    return [{ path: `${path}.${name}`, message, allowed }];
  });
  if (violations.length > 0) throw invalidInput(violations);
}

/** What an input says of a file's format; INVALID_INPUT for what is none. */
export function formatOf({ sheet, headerRow, encoding, delimiter }: TableFormatInput, path: string): TableFormat {
  requireListed({ encoding, delimiter }, FORMAT_LISTS, path);
  const given = Object.entries({ sheet, headerRow, encoding, delimiter }).filter(([, value]) => value != null);
  return Object.fromEntries(given);
}
