import { Arg, Args, Ctx, FieldResolver, Mutation, Resolver } from "type-graphql";
import type { GraphContext } from "../../graphql/context.ts";
import { type Page, PageArgs, pageRequest } from "../../graphql/paging.ts";
import { carried, ForViewer, Read, scoped } from "../../graphql/rules.ts";
import type { ApprovalLoader } from "../approvals/approval.resolver.ts";
import type { AuditEventQueries } from "../audit/audit-event.queries.ts";
import { type AuditEvent, AuditEventConnection } from "../audit/audit-event.types.ts";
import { ViewerType } from "../auth/viewer.types.ts";
import type { SavedSearchQueries } from "../saved-searches/saved-search.queries.ts";
import { type SavedSearch, SavedSearchConnection } from "../saved-searches/saved-search.types.ts";
import type { UserLoader } from "../users/user.loaders.ts";
import type { OwnProfileService } from "./own-profile.service.ts";
import { EditableProfileField, UpdateMyProfileInput, UpdateMyProfilePayload } from "./own-profile.types.ts";

/** What people do for themselves. */
@Resolver(() => ViewerType)
export class OwnProfileResolver {
  constructor(
    private readonly service: OwnProfileService,
    private readonly audit: AuditEventQueries,
    private readonly people: UserLoader,
    private readonly requests: ApprovalLoader,
    private readonly searches: SavedSearchQueries,
  ) {}

  @FieldResolver(() => [EditableProfileField], {
    description: "What the viewer may change of their own profile with updateMyProfile; nothing for a service token.",
  })
  @Read(carried)
  async editableProfileFields(@Ctx() { viewer }: GraphContext): Promise<EditableProfileField[]> {
    return viewer.userId === null ? [] : this.service.editable();
  }

  @FieldResolver(() => AuditEventConnection, {
    nullable: true,
    description:
      "What the audit log holds about the viewer, the newest first, without AUDIT_READ; events of approval requests are in approvalRequests. Null for a service token.",
  })
  @Read(scoped)
  auditEvents(@Args(() => PageArgs) args: PageArgs, @Ctx() context: GraphContext): Promise<Page<AuditEvent>> | null {
    if (context.viewer.userId === null) return null;
    return this.audit.search(context, { own: true, direction: "DESC" }, pageRequest(args));
  }

  @FieldResolver(() => SavedSearchConnection, {
    nullable: true,
    description: "The viewer's own saved searches, by name, also where they may search people no more.",
  })
  @Read(scoped)
  savedSearches(@Args(() => PageArgs) args: PageArgs, @Ctx() { viewer }: GraphContext): Promise<Page<SavedSearch>> {
    return this.searches.list(viewer, { own: true }, pageRequest(args));
  }

  @Mutation(() => UpdateMyProfilePayload, {
    description:
      "Changes the viewer's own profile, whole or not at all: at once, or, where a field that differs is sensitive, in the steps that approval policies say; without one, with the approval of their manager or of whoever updates their profile.",
  })
  @ForViewer()
  async updateMyProfile(
    @Arg("input", () => UpdateMyProfileInput, { description: "The changes." }) input: UpdateMyProfileInput,
    @Ctx() context: GraphContext,
  ): Promise<UpdateMyProfilePayload> {
    const { value, position } = await this.service.update(context, input.toCommand());
    const user = (await context.load(this.people).load(value.userId)) ?? null;
    const approvalRequest = value.requestId
      ? ((await context.load(this.requests).load(value.requestId)) ?? null)
      : null;
    return { user, approvalRequest, position };
  }
}
