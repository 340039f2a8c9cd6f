import { ArrayMaxSize, IsOptional, MaxLength, MinLength, ValidateNested } from "class-validator";
import { Field, ID, InputType } from "type-graphql";
import { OneOf } from "../../graphql/one-of.ts";
import { uuidOf } from "../../kernel/ids.ts";
import { formatOf, TableFormatInput } from "../tables/table-format.inputs.ts";
import { UserFilter } from "../users/user.types.ts";
import { FILE_KEY_ENUM } from "./bulk.enums.ts";
import { type AskedTarget, type FileKey, type FileTarget, IDS_LIMIT } from "./bulk.target.ts";

@InputType({ description: "People as a file names them, a row each. It is read as imports are." })
export class BulkFileInput extends TableFormatInput {
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

  toTarget(): FileTarget {
    const path = "input.target.file";
    const { matchBy, column } = this;
    return {
      uploadId: uuidOf("ImportUpload", this.uploadId, `${path}.uploadId`),
      reading: { matchBy, ...(column == null ? {} : { column }), ...formatOf(this, path) },
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
