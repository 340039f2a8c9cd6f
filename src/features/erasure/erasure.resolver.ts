import { Arg, Ctx, ID, Mutation, Query, Resolver } from "type-graphql";
import { Action } from "../../graphql/attempts.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { anywhere, ForViewer, Needs, Read } from "../../graphql/rules.ts";
import { uuidOf } from "../../kernel/ids.ts";
import type { ApprovalLoader } from "../approvals/approval.resolver.ts";
import {
  EraseUserInput,
  ExportPersonalDataInput,
  PlaceLegalHoldInput,
  ReleaseLegalHoldInput,
} from "./erasure.inputs.ts";
import type { ErasureQueries } from "./erasure.queries.ts";
import type { ErasureService } from "./erasure.service.ts";
import {
  EraseUserPayload,
  ErasurePreview,
  ExportPersonalDataPayload,
  LegalHold,
  LegalHoldPayload,
  UserErasure,
} from "./erasure.types.ts";
import type { PersonalExport } from "./personal-export.ts";

/** Erasure, what blocks it, and what is held about a person. */
@Resolver()
export class ErasureResolver {
  constructor(
    private readonly service: ErasureService,
    private readonly queries: ErasureQueries,
    private readonly personalExport: PersonalExport,
    private readonly requests: ApprovalLoader,
  ) {}

  /** For `node(id:)`. */
  async findHold({ viewer }: GraphContext, uuid: string): Promise<LegalHold | null> {
    const hold = await this.queries.findHold(viewer, uuid);
    return hold ? new LegalHold(hold) : null;
  }

  /** For `node(id:)`. */
  async findErasure({ viewer }: GraphContext, uuid: string): Promise<UserErasure | null> {
    const erasure = await this.queries.findErasure(viewer, uuid);
    return erasure ? new UserErasure(erasure) : null;
  }

  @Query(() => ErasurePreview, {
    nullable: true,
    description:
      "What would become of everything that is held about a person, and what stays and why. Null for whoever may not erase the person.",
  })
  @Read(anywhere("USER_ERASE"))
  async previewErasure(
    @Arg("userId", () => ID, { description: "Which person." }) userId: string,
    @Ctx() { viewer }: GraphContext,
  ): Promise<ErasurePreview | null> {
    const preview = await this.queries.preview(viewer, uuidOf("User", userId, "userId"));
    return preview ? new ErasurePreview(preview) : null;
  }

  @Mutation(() => EraseUserPayload, {
    description:
      "Asks for a person's erasure, for good. Needs USER_ERASE over them, and the approval of a second person who holds it too. A person who is erased already, or is asked about already, is not asked about again.",
  })
  @Needs("USER_ERASE")
  @Action("user.erasure_requested")
  async eraseUser(
    @Arg("input", () => EraseUserInput, { description: "Which person, and why." }) input: EraseUserInput,
    @Ctx() context: GraphContext,
  ): Promise<EraseUserPayload> {
    const { value, position } = await this.service.erase(context, input.toCommand());
    const request = value.requestId === null ? null : await context.load(this.requests).load(value.requestId);
    const erasure = value.erasureId === null ? null : await this.findErasure(context, value.erasureId);
    return { approvalRequest: request ?? null, erasure, position };
  }

  @Mutation(() => LegalHoldPayload, {
    description: "Blocks a person's erasure until it is released. Needs USER_ERASE over them.",
  })
  @Needs("USER_ERASE")
  @Action("legal_hold.placed")
  async placeLegalHold(
    @Arg("input", () => PlaceLegalHoldInput, { description: "Which person, and why." }) input: PlaceLegalHoldInput,
    @Ctx() context: GraphContext,
  ): Promise<LegalHoldPayload> {
    const { value, position } = await this.service.placeHold(context, input.toCommand());
    return { hold: await this.findHold(context, value.id), position };
  }

  @Mutation(() => LegalHoldPayload, { description: "Ends a legal hold. Needs USER_ERASE over the person." })
  @Needs("USER_ERASE")
  @Action("legal_hold.released")
  async releaseLegalHold(
    @Arg("input", () => ReleaseLegalHoldInput, { description: "Which hold." }) input: ReleaseLegalHoldInput,
    @Ctx() context: GraphContext,
  ): Promise<LegalHoldPayload> {
    const { value, position } = await this.service.releaseHold(context, input.toCommand());
    return { hold: await this.findHold(context, value.id), position };
  }

  @Mutation(() => ExportPersonalDataPayload, {
    description:
      "Gives everything that is held about a person as one JSON document, and notes in the audit log that it was given. For the person themselves, and for whoever may erase them.",
  })
  @ForViewer()
  @Action("personal_export.given")
  async exportPersonalData(
    @Arg("input", () => ExportPersonalDataInput, { description: "Whom it is about." }) input: ExportPersonalDataInput,
    @Ctx() context: GraphContext,
  ): Promise<ExportPersonalDataPayload> {
    const { value, position } = await this.personalExport.export(context, input.toCommand());
    return { document: value, position };
  }
}
