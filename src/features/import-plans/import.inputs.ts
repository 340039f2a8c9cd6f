import { ArrayMaxSize, IsOptional, MaxLength, MinLength, ValidateNested } from "class-validator";
import { Field, ID, InputType } from "type-graphql";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { MutationInput, VersionedInput } from "../../graphql/mutation-input.ts";
import { invalidInput } from "../../kernel/errors.ts";
import { uuidOf } from "../../kernel/ids.ts";
import { DATE_FORMATS } from "../tables/table.format.ts";
import { FORMAT_LISTS, requireListed, TableFormatInput } from "../tables/table-format.inputs.ts";
import { USER_STATUS } from "../users/user.fields.ts";
import { UserFilter } from "../users/user.types.ts";
import { KEY_ENUM, MISSING_ENUM, MODE_ENUM } from "./import.enums.ts";
import {
  COLUMNS_LIMIT,
  DECIMALS,
  type ImportReading,
  type MatchKey,
  requireColumns,
  TARGETS,
} from "./import.reading.ts";
import type { PlanImport } from "./import.service.ts";
import type { ChangeTemplate, NewTemplate } from "./import.templates.ts";

@InputType({ description: "What a column of a file fills." })
export class ImportColumnInput {
  @Field(() => String, {
    description: "The column's header; case, spaces and punctuation do not matter. At most 200 characters.",
  })
  @MinLength(1)
  @MaxLength(200)
  header!: string;

  @Field(() => String, {
    description: `One of ${TARGETS.join(", ")}, or attributes. and the key of a custom attribute.`,
  })
  @MaxLength(100)
  target!: string;
}

@InputType({ description: "How a file is read." })
export class ImportReadingInput extends TableFormatInput {
  @Field(() => KEY_ENUM, { description: "By what a row means somebody." })
  matchBy!: MatchKey;

  @Field(() => [ImportColumnInput], {
    nullable: true,
    description: `What the columns fill; other columns are left alone. Without it, as their headers say. At most ${COLUMNS_LIMIT}.`,
  })
  @IsOptional()
  @ArrayMaxSize(COLUMNS_LIMIT)
  @ValidateNested({ each: true })
  columns?: ImportColumnInput[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "Whether an empty cell clears its field; else it leaves it as it is.",
  })
  clearEmpty?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: "How dates are written where they are text, e.g. DD.MM.YYYY; without it, YYYY-MM-DD.",
  })
  @IsOptional()
  @MaxLength(32)
  dateFormat?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "What stands before the fraction of a number where it is text: a point or a comma; without it, a point.",
  })
  @IsOptional()
  @MaxLength(1)
  decimalSeparator?: string | null;

  toReading(path: string): ImportReading {
    const { columns, matchBy, clearEmpty, ...formats } = this;
    const given = Object.entries(formats).filter(([, value]) => value != null);
    requireListed(this, LISTS, path);
    const reading: ImportReading = {
      matchBy,
      clearEmpty: clearEmpty ?? false,
      ...(columns ? { columns: columns.map(({ header, target }) => ({ header, target })) } : {}),
      ...Object.fromEntries(given),
    };
    requireColumns(reading, path);
    return reading;
  }
}

/** What of how a file is read is one of a few. */
const LISTS = { ...FORMAT_LISTS, dateFormat: DATE_FORMATS, decimalSeparator: DECIMALS } as const;

@InputType({ description: "What becomes of people who are missing from a file." })
export class ImportMissingInput {
  @Field(() => MISSING_ENUM, { description: "What." })
  action!: "NOTHING" | "DEACTIVATE";

  @Field(() => UserFilter, {
    nullable: true,
    description: "Among whom; without it, everybody whom the viewer sees.",
  })
  scope?: object | null;
}

@InputType({ description: "What to make of an upload." })
export class PlanImportInput extends MutationInput {
  @Field(() => ID, { description: "The upload, as POST /import answered." })
  uploadId!: string;

  @Field(() => ImportReadingInput, { nullable: true, description: "How the file is read: this, or a template." })
  @IsOptional()
  @ValidateNested()
  reading?: ImportReadingInput | null;

  @Field(() => ID, { nullable: true, description: "The template that says how the file is read." })
  templateId?: string | null;

  @Field(() => MODE_ENUM, { description: "What to make of the rows." })
  mode!: PlanImport["mode"];

  @Field(() => ImportMissingInput, {
    nullable: true,
    description: "What becomes of people who are missing from the file; without it, nothing.",
  })
  @IsOptional()
  @ValidateNested()
  missing?: ImportMissingInput | null;

  @Field(() => enumOf(USER_STATUS), { nullable: true, description: "Where new people begin: PENDING, or ACTIVE." })
  newStatus?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "Whether the people of the file are applied who can be, beside some who cannot; else all or nothing.",
  })
  skipErrors?: boolean | null;

  toCommand(): PlanImport {
    const newStatus = this.newStatus ?? "PENDING";
    if (newStatus !== "PENDING" && newStatus !== "ACTIVE")
      throw invalidInput([
        { path: "input.newStatus", message: "must be PENDING or ACTIVE.", allowed: ["PENDING", "ACTIVE"] },
      ]);
    if (Boolean(this.reading) === Boolean(this.templateId))
      throw invalidInput([{ path: "input.reading", message: "must be given, or else templateId: one of the two." }]);
    return {
      uploadId: uuidOf("ImportUpload", this.uploadId, "input.uploadId"),
      reading: this.reading
        ? this.reading.toReading("input.reading")
        : { templateId: uuidOf("ImportTemplate", this.templateId ?? "", "input.templateId") },
      mode: this.mode,
      newStatus,
      missing: this.missing?.action === "DEACTIVATE" ? { scope: this.missing.scope ?? {} } : undefined,
      skipErrors: this.skipErrors ?? false,
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}

@InputType({ description: "How files of one kind are read, under a name." })
export class CreateImportTemplateInput extends MutationInput {
  @Field(() => String, { description: "Unique without regard to case; 1 to 100 characters." })
  @MinLength(1)
  @MaxLength(100)
  name!: string;

  @Field(() => ImportReadingInput, { description: "How they are read." })
  @ValidateNested()
  reading!: ImportReadingInput;

  toCommand(): NewTemplate {
    const { name, reading, reason, idempotencyKey } = this;
    return {
      name,
      reading: reading.toReading("input.reading"),
      reason: reason ?? null,
      idempotencyKey: idempotencyKey ?? null,
    };
  }
}

@InputType({ description: "Another name for a template, or another way of reading. What is absent stays." })
export class UpdateImportTemplateInput extends VersionedInput {
  @Field(() => String, { nullable: true, description: "Unique without regard to case; 1 to 100 characters." })
  @IsOptional()
  @MinLength(1)
  @MaxLength(100)
  name?: string | null;

  @Field(() => ImportReadingInput, { nullable: true, description: "How the files are read." })
  @IsOptional()
  @ValidateNested()
  reading?: ImportReadingInput | null;

  toCommand(): ChangeTemplate {
    const { name, reading, expectedVersion, reason, idempotencyKey } = this;
    return {
      id: uuidOf("ImportTemplate", this.id, "input.id"),
      expectedVersion: expectedVersion ?? undefined,
      name: name ?? undefined,
      reading: reading?.toReading("input.reading"),
      reason: reason ?? null,
      idempotencyKey: idempotencyKey ?? null,
    };
  }
}

@InputType({ description: "Deletes a template. Plans keep how they were read." })
export class DeleteImportTemplateInput extends VersionedInput {
  toCommand(): ChangeTemplate {
    const { expectedVersion, reason, idempotencyKey } = this;
    return {
      id: uuidOf("ImportTemplate", this.id, "input.id"),
      expectedVersion: expectedVersion ?? undefined,
      name: undefined,
      reading: undefined,
      reason: reason ?? null,
      idempotencyKey: idempotencyKey ?? null,
    };
  }
}
