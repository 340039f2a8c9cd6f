import { Arg, Args, Ctx, Field, FieldResolver, ID, InputType, Mutation, Query, Resolver, Root } from "type-graphql";
import type { GraphContext } from "../../graphql/context.ts";
import { DeletePayload, SecretInput } from "../../graphql/mutation-input.ts";
import { type Page, PageArgs, pageRequest } from "../../graphql/paging.ts";
import { anywhere, carried, Needs, Read } from "../../graphql/rules.ts";
import { invalidInput, notFound } from "../../kernel/errors.ts";
import { publicId, uuidOf } from "../../kernel/ids.ts";
import type { BulkQueries } from "../bulk/bulk.queries.ts";
import { BulkPlan, BulkPlanPayload } from "../bulk/bulk.types.ts";
import { ExportFormatEnum } from "../exports/export.resolver.ts";
import type { ImportCorrections } from "./import.correction.ts";
import {
  CreateImportTemplateInput,
  DeleteImportTemplateInput,
  PlanImportInput,
  UpdateImportTemplateInput,
} from "./import.inputs.ts";
import type { ImportQueries } from "./import.queries.ts";
import type { ImportService } from "./import.service.ts";
import type { ImportTemplates } from "./import.templates.ts";
import {
  ImportCorrectionPayload,
  type ImportProblem,
  ImportProblemConnection,
  ImportTemplate,
  ImportTemplatePayload,
} from "./import.types.ts";

@InputType({ description: "Which file to give back with what is wrong beside its rows." })
export class CreateImportCorrectionInput extends SecretInput {
  @Field(() => ID, { description: "The plan that was made of it." })
  planId!: string;

  @Field(() => ExportFormatEnum, { description: "How it is written: CSV or XLSX." })
  format!: "CSV" | "XLSX" | "JSONL";
}

/** Plans made of files. */
@Resolver(() => BulkPlan)
export class ImportResolver {
  constructor(
    private readonly service: ImportService,
    private readonly corrections: ImportCorrections,
    private readonly plans: BulkQueries,
    private readonly queries: ImportQueries,
  ) {}

  @Mutation(() => BulkPlanPayload, {
    description:
      "Makes a plan of an upload, in the background: it is PLANNING until a gateway has read the file and rehearsed it, then PLANNED, or FAILED with the problem. Nothing is changed until applyBulk. Needs IMPORT_RUN and BULK_RUN, and over each person what the single mutation needs: whoever it is missing over is an error of theirs.",
  })
  @Needs("IMPORT_RUN")
  async planImport(
    @Arg("input", () => PlanImportInput, { description: "Which upload, and what to make of it." })
    input: PlanImportInput,
    @Ctx() context: GraphContext,
  ): Promise<BulkPlanPayload> {
    const { value, position } = await this.service.plan(context, input.toCommand());
    const plan = await this.plans.find(context.viewer, value.planId);
    if (!plan) throw notFound("plan", "input.uploadId");
    return { plan, position };
  }

  @Mutation(() => ImportCorrectionPayload, {
    description:
      "Gives a link, good once, to the file of one of the viewer's plans as it was read, with what is wrong beside its rows. CONFLICT where the file is not read yet, or no longer kept. Needs IMPORT_RUN.",
  })
  @Needs("IMPORT_RUN")
  async createImportCorrection(
    @Arg("input", () => CreateImportCorrectionInput, { description: "Which plan." })
    { planId, format, reason }: CreateImportCorrectionInput,
    @Ctx() context: GraphContext,
  ): Promise<ImportCorrectionPayload> {
    if (format === "JSONL")
      throw invalidInput([{ path: "input.format", message: "must be CSV or XLSX.", allowed: ["CSV", "XLSX"] }]);
    const command = { planId: uuidOf("BulkPlan", planId, "input.planId"), format, reason: reason ?? null };
    const { value, position } = await this.corrections.create(context, command);
    return { ...value, planId, position };
  }

  @FieldResolver(() => ImportProblemConnection, {
    description: "What is wrong with cells of the plan's file, in its order. At most 100,000 are kept.",
  })
  @Read(carried)
  problems(@Root() { uuid, asked }: BulkPlan, @Args(() => PageArgs) page: PageArgs): Promise<Page<ImportProblem>> {
    return this.queries.problems(uuid, (asked.target.sheet as string | null | undefined) ?? null, pageRequest(page));
  }
}

/** How files are read, under names. */
@Resolver()
export class ImportTemplateResolver {
  constructor(private readonly templates: ImportTemplates) {}

  /** For `node(id:)`: null for whoever does not hold IMPORT_RUN. */
  async find({ viewer }: GraphContext, uuid: string): Promise<ImportTemplate | null> {
    const found = (await this.templates.list(viewer))?.find(({ id }) => id === uuid);
    return found ? new ImportTemplate(found) : null;
  }

  @Query(() => [ImportTemplate], {
    nullable: true,
    description: "All import templates, by name; null for viewers without IMPORT_RUN.",
  })
  @Read(anywhere("IMPORT_RUN"))
  async importTemplates(@Ctx() { viewer }: GraphContext): Promise<ImportTemplate[] | null> {
    return (await this.templates.list(viewer))?.map((record) => new ImportTemplate(record)) ?? null;
  }

  @Mutation(() => ImportTemplatePayload, {
    description: "Keeps how files of one kind are read. Needs IMPORT_RUN everywhere.",
  })
  @Needs("IMPORT_RUN")
  async createImportTemplate(
    @Arg("input", () => CreateImportTemplateInput, { description: "The template." }) input: CreateImportTemplateInput,
    @Ctx() context: GraphContext,
  ): Promise<ImportTemplatePayload> {
    return this.#payload(context, await this.templates.create(context, input.toCommand()));
  }

  @Mutation(() => ImportTemplatePayload, {
    description: "Changes a template; plans keep how they were read. Needs IMPORT_RUN everywhere.",
  })
  @Needs("IMPORT_RUN")
  async updateImportTemplate(
    @Arg("input", () => UpdateImportTemplateInput, { description: "The changes." }) input: UpdateImportTemplateInput,
    @Ctx() context: GraphContext,
  ): Promise<ImportTemplatePayload> {
    return this.#payload(context, await this.templates.update(context, input.toCommand()));
  }

  @Mutation(() => DeletePayload, { description: "Deletes a template. Needs IMPORT_RUN everywhere." })
  @Needs("IMPORT_RUN")
  async deleteImportTemplate(
    @Arg("input", () => DeleteImportTemplateInput, { description: "Which template." }) input: DeleteImportTemplateInput,
    @Ctx() context: GraphContext,
  ): Promise<DeletePayload> {
    const { value, position } = await this.templates.delete(context, input.toCommand());
    return { deletedId: publicId("ImportTemplate", value.id), position };
  }

  async #payload(
    context: GraphContext,
    { value, position }: Awaited<ReturnType<ImportTemplates["create"]>>,
  ): Promise<ImportTemplatePayload> {
    const template = await this.find(context, value.id);
    if (!template) throw notFound("import template", "input.id");
    return { template, position };
  }
}
