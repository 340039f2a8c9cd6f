import { ArrayMaxSize } from "class-validator";
import { Arg, Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver, registerEnumType } from "type-graphql";
import type { GraphContext } from "../../graphql/context.ts";
import { MutationPayload, SecretInput } from "../../graphql/mutation-input.ts";
import { carried, Needs, Read } from "../../graphql/rules.ts";
import { DateTimeScalar } from "../../graphql/scalars.ts";
import { uuidOf } from "../../kernel/ids.ts";
import { searchOf } from "../users/user.args.ts";
import { UserFilter, UserOrder } from "../users/user.types.ts";
import { COLUMNS_LIMIT } from "./export.columns.ts";
import type { ExportFormat } from "./export.formats.ts";
import type { CreateExport, ExportService } from "./export.service.ts";

export const ExportFormatEnum = { CSV: "CSV", XLSX: "XLSX", JSONL: "JSONL" } as const;
registerEnumType(ExportFormatEnum, {
  name: "ExportFormat",
  description: "How an export is written.",
  valuesConfig: {
    CSV: {
      description: "Comma-separated values in UTF-8 (RFC 4180); what looks like a formula stands behind an apostrophe.",
    },
    XLSX: { description: "A workbook of one sheet; dates are dates, and no text is a formula." },
    JSONL: { description: "One JSON object a line, its members named as the columns." },
  },
});

@InputType({ description: "What to export: the people of a filter or of a saved search, as the viewer may read them." })
export class CreateExportInput extends SecretInput {
  @Field(() => UserFilter, { nullable: true, description: "Which users; without it, all that the viewer may see." })
  filter?: object | null;

  @Field(() => ID, { nullable: true, description: "The saved search whose users to export, instead of a filter." })
  savedSearchId?: string | null;

  @Field(() => [UserOrder], {
    nullable: true,
    description: "How to sort: up to 5 in order of weight; by display name where none is given.",
  })
  orderBy?: UserOrder[] | null;

  @Field(() => [String], {
    description: `The columns in their order: fields of User with a single value or a list of them, id, orgUnit, or attributes. and the key of a custom attribute. 1 to ${COLUMNS_LIMIT}.`,
  })
  @ArrayMaxSize(COLUMNS_LIMIT)
  columns!: string[];

  @Field(() => ExportFormatEnum, { description: "How it is written." })
  format!: ExportFormat;

  toCommand(): CreateExport {
    const { filter, orderBy } = searchOf({
      ...(this.filter === undefined ? {} : { filter: this.filter }),
      ...(this.orderBy ? { orderBy: this.orderBy } : {}),
    });
    return {
      filter: filter as object | undefined,
      savedSearchId: this.savedSearchId ? uuidOf("SavedSearch", this.savedSearchId, "input.savedSearchId") : undefined,
      orderBy,
      columns: this.columns,
      format: this.format,
      reason: this.reason ?? null,
    };
  }
}

@ObjectType({ description: "A link to an export, shown this once." })
@Read(carried)
export class CreateExportPayload extends MutationPayload {
  @Field(() => String, {
    description:
      "The path to GET the file from, on this gateway. Whoever has it gets the file, once: treat it as a password.",
  })
  path!: string;

  @Field(() => DateTimeScalar, { description: "Until when the link waits for being used." })
  expiresAt!: Date;
}

@Resolver()
export class ExportResolver {
  constructor(private readonly service: ExportService) {}

  @Mutation(() => CreateExportPayload, {
    description:
      "Gives a link to a file of what a search finds, good once and for minutes. The file is read when the link is used, from one snapshot, with what the viewer holds now, and only while they still hold it. Needs USER_READ and everything that the search and the columns need.",
  })
  @Needs("USER_READ")
  async createExport(
    @Arg("input", () => CreateExportInput, { description: "What to export." }) input: CreateExportInput,
    @Ctx() context: GraphContext,
  ): Promise<CreateExportPayload> {
    const { value, position } = await this.service.create(context, input.toCommand());
    return { ...value, position };
  }
}
