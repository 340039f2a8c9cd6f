import { Field, ID, Int, ObjectType } from "type-graphql";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { Node } from "../../graphql/node.ts";
import { connectionOf } from "../../graphql/paging.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar } from "../../graphql/scalars.ts";
import { publicId } from "../../kernel/ids.ts";
import { KEY_ENUM } from "./import.enums.ts";
import type { ImportReading, MatchKey } from "./import.reading.ts";
import type { TemplateRecord } from "./import.templates.ts";

@ObjectType({ description: "What a column of a file fills." })
@Read(carried)
export class ImportColumn {
  @Field(() => String, { description: "The column's header." })
  header!: string;

  @Field(() => String, { description: "The field, or attributes. and the key of a custom attribute." })
  target!: string;
}

@ObjectType({ description: "How a file is read." })
@Read(carried)
export class ImportReadingType {
  @Field(() => KEY_ENUM, { description: "By what a row means somebody." })
  matchBy!: MatchKey;

  @Field(() => [ImportColumn], { nullable: true, description: "What the columns fill; null: what their headers say." })
  columns?: readonly ImportColumn[] | null;

  @Field(() => Boolean, { description: "Whether an empty cell clears its field." })
  clearEmpty!: boolean;

  @Field(() => String, { nullable: true, description: "Which sheet of a workbook; null: the first." })
  sheet?: string | null;

  @Field(() => Int, { nullable: true, description: "On which row the header stands; null: it is looked for." })
  headerRow?: number | null;

  @Field(() => String, { nullable: true, description: "The encoding of a CSV file; null: it is found out." })
  encoding?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "What stands between cells of a CSV file; null: it is found out.",
  })
  delimiter?: string | null;

  @Field(() => String, { nullable: true, description: "How dates are written where they are text; null: YYYY-MM-DD." })
  dateFormat?: string | null;

  @Field(() => String, { nullable: true, description: "What stands before the fraction of a number; null: a point." })
  decimalSeparator?: string | null;
}

@ObjectType({ implements: Node, description: "How files of one kind are read, under a name." })
@Read(carried)
export class ImportTemplate extends Node {
  readonly nodeType = "ImportTemplate";

  @Field(() => Int, { description: "Grows with every change." })
  version: number;

  @Field(() => String, { description: "Its name." })
  name: string;

  @Field(() => ImportReadingType, { description: "How they are read." })
  reading: ImportReading;

  @Field(() => DateTimeScalar, { description: "When it was made." })
  createdAt: Date;

  @Field(() => DateTimeScalar, { description: "When it last changed." })
  updatedAt: Date;

  constructor(record: TemplateRecord) {
    super();
    this.id = publicId("ImportTemplate", record.id);
    this.version = record.version;
    this.name = record.name;
    this.reading = record.reading as unknown as ImportReading;
    this.createdAt = record.created_at;
    this.updatedAt = record.updated_at;
  }
}

@ObjectType({ description: "The template after the change." })
@Read(carried)
export class ImportTemplatePayload extends MutationPayload {
  @Field(() => ImportTemplate, { description: "The template." })
  template!: ImportTemplate;
}

@ObjectType({ description: "What is wrong with a cell of a file. Values are never repeated." })
@Read(carried)
export class ImportProblem {
  @Field(() => String, {
    description: "Where it stands, as spreadsheets say it, e.g. Sheet1!C17; of a whole row 17:17.",
  })
  address!: string;

  @Field(() => Int, { description: "The row, from 1." })
  row!: number;

  @Field(() => String, { nullable: true, description: "The column's header; null where it is about the row." })
  column!: string | null;

  @Field(() => String, { description: "What was expected." })
  message!: string;
}

export const ImportProblemConnection = connectionOf("ImportProblem", () => ImportProblem, "problems of a file");

@ObjectType({ description: "A link to the file of an import with what is wrong beside its rows." })
@Read(carried)
export class ImportCorrectionPayload extends MutationPayload {
  @Field(() => String, { description: "GET this path, once; treat it as a password." })
  path!: string;

  @Field(() => DateTimeScalar, { description: "Until when it waits for being used." })
  expiresAt!: Date;

  @Field(() => ID, { description: "Of which plan." })
  planId!: string;
}
