import { ArrayMaxSize, IsIn, IsOptional, Max, MaxLength, Min, MinLength, ValidateNested } from "class-validator";
import { Field, ID, InputType, Int } from "type-graphql";
import { OneOf } from "../../graphql/one-of.ts";
import { uuidOf } from "../../kernel/ids.ts";
import { TABLE_DELIMITERS, TABLE_ENCODINGS, type TableDelimiter, type TableEncoding } from "../tables/table.format.ts";
import { UserFilter } from "../users/user.types.ts";
import { FILE_KEY_ENUM } from "./bulk.enums.ts";
import { type AskedTarget, type FileKey, type FileTarget, IDS_LIMIT } from "./bulk.target.ts";

const oneOf = (list: readonly string[]): string => list.map((one) => JSON.stringify(one)).join(", ");

@InputType({ description: "People as a file names them, a row each. It is read as imports are." })
export class BulkFileInput {
  @Field(() => ID, { description: "The upload, as POST /import answered." })
  uploadId!: string;

  @Field(() => FILE_KEY_ENUM, { description: "By what a row names somebody." })
  matchBy!: FileKey;

  @Field(() => String, {
    nullable: true,
    description:
      "The header of the column that holds it; case, spaces and punctuation do not matter. Without it, the one whose header says so.",
  })
  @IsOptional()
  @MinLength(1)
  @MaxLength(200)
  column?: string | null;

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
    description: `The encoding of a CSV file, ${TABLE_ENCODINGS.join(", ")}; without it, it is found out.`,
  })
  @IsOptional()
  @IsIn(TABLE_ENCODINGS, { message: `must be one of ${oneOf(TABLE_ENCODINGS)}` })
  encoding?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "What stands between the cells of a CSV file; without it, it is found out.",
  })
  @IsOptional()
  @IsIn(TABLE_DELIMITERS, { message: `must be one of ${oneOf(TABLE_DELIMITERS)}` })
  delimiter?: string | null;

  toTarget(): FileTarget {
    return {
      uploadId: uuidOf("ImportUpload", this.uploadId, "input.target.file.uploadId"),
      reading: {
        matchBy: this.matchBy,
        column: this.column ?? undefined,
        sheet: this.sheet ?? undefined,
        headerRow: this.headerRow ?? undefined,
        encoding: (this.encoding ?? undefined) as TableEncoding | undefined,
        delimiter: (this.delimiter ?? undefined) as TableDelimiter | undefined,
      },
    };
  }
}

@InputType({ description: "Whom a change is for: give exactly one. People out of the planner's sight are not in it." })
@OneOf()
export class BulkTargetInput {
  @Field(() => UserFilter, { nullable: true, description: "Everybody whom a search by the filter finds." })
  filter?: object | null;

  @Field(() => ID, { nullable: true, description: "Everybody whom a saved search finds." })
  savedSearchId?: string | null;

  @Field(() => [ID], { nullable: true, description: `These people, deleted ones too; at most ${IDS_LIMIT}.` })
  @IsOptional()
  @ArrayMaxSize(IDS_LIMIT)
  userIds?: string[] | null;

  @Field(() => BulkFileInput, {
    nullable: true,
    description:
      "Everybody whom a file names. The plan is made in the background, PLANNING until then; rows that name nobody, several, or somebody again are its problems. Needs IMPORT_RUN.",
  })
  @IsOptional()
  @ValidateNested()
  file?: BulkFileInput | null;

  toTarget(): AskedTarget {
    const { filter, savedSearchId, userIds, file } = this;
    if (file) return { file: file.toTarget() };
    if (userIds) return { userIds: userIds.map((id, place) => uuidOf("User", id, `input.target.userIds[${place}]`)) };
    if (savedSearchId) return { savedSearchId: uuidOf("SavedSearch", savedSearchId, "input.target.savedSearchId") };
    return { filter: filter ?? {} };
  }
}
