import { Field, ID, ObjectType } from "type-graphql";
import type { Viewer } from "../../access/actor.ts";
import { shownAttributes } from "../../access/attribute-policy.ts";
import { mayReadField } from "../../access/field-policy.ts";
import type { UserVersionRow } from "../../database/tables.ts";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { Node } from "../../graphql/node.ts";
import { connectionOf } from "../../graphql/paging.ts";
import { carried, masked, Read } from "../../graphql/rules.ts";
import { DateTimeScalar, EmailAddressScalar, JSONObjectScalar, PositionScalar } from "../../graphql/scalars.ts";
import { publicId } from "../../kernel/ids.ts";
import type { Position } from "../../kernel/position.ts";
import { fieldOf } from "../../search/catalogue.ts";
import type { UserStatus } from "./user.entity.ts";
import { USER_STATUS, userCatalogue } from "./user.fields.ts";

@ObjectType({
  implements: Node,
  description:
    "A user as they stood during a span of the log. Its id is its own, so that clients' caches keep it apart from the user of today. Fields that the viewer may not read are null.",
})
@Read(carried)
export class UserVersion extends Node {
  readonly nodeType = "UserVersion";
  readonly userUuid: string;

  @Field(() => ID, { description: "Whose version it is." })
  userId: string;

  @Field(() => DateTimeScalar, { description: "From this instant on the user stood so." })
  validFrom: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: "Until before this instant; null where they still do." })
  validUntil: Date | null;

  @Field(() => PositionScalar, { description: "Behind the commit that made it so." })
  position: Position;

  @Field(() => String, { description: "The name that the person signed in with." })
  username: string;

  @Field(() => String, { description: "The name to show." })
  displayName: string;

  @Field(() => enumOf(USER_STATUS), { description: "Where the person stood in their lifecycle." })
  status: UserStatus;

  @Field(() => EmailAddressScalar, { nullable: true, description: "The primary address." })
  @Read(masked)
  email: string | null;

  @Field(() => String, { nullable: true, description: "Job title." })
  @Read(masked)
  title: string | null;

  @Field(() => String, { nullable: true, description: "Department, as text from HR." })
  @Read(masked)
  department: string | null;

  @Field(() => String, { nullable: true, description: "Where the person worked." })
  @Read(masked)
  location: string | null;

  @Field(() => [String], {
    nullable: true,
    description: "The ids of the org units from the root down to the person's.",
  })
  @Read(masked)
  orgUnitPath: string[] | null;

  @Field(() => ID, { nullable: true, description: "The person's manager." })
  @Read(masked)
  managerId: string | null;

  @Field(() => [String], { nullable: true, description: "Effective roles, by key." })
  @Read(masked)
  roleKeys: string[] | null;

  @Field(() => JSONObjectScalar, { nullable: true, description: "Custom attributes by key." })
  @Read(masked)
  attributes: Record<string, unknown> | null;

  /** A version as a viewer sees it: today's rules, where the person stood then. */
  constructor(row: UserVersionRow & { meets?: readonly string[] }, viewer: Viewer) {
    super();
    const shown = <T>(field: string, value: T): T | null =>
      mayReadField(viewer, fieldOf(userCatalogue, field), row.user_id, row.unit_path, row.meets) ? value : null;
    this.id = publicId("UserVersion", row.id);
    this.userUuid = row.user_id;
    this.userId = publicId("User", row.user_id);
    this.validFrom = row.valid_from;
    this.validUntil = row.valid_until;
    this.position = { commit: row.from_commit };
    this.username = row.username;
    this.displayName = row.display_name;
    this.status = row.status as UserStatus;
    this.email = shown("email", row.email);
    this.title = shown("title", row.title);
    this.department = shown("department", row.department);
    this.location = shown("location", row.location);
    this.orgUnitPath = shown(
      "orgUnit",
      row.unit_path.map((id) => publicId("OrgUnit", id)),
    );
    this.managerId = shown("manager", row.manager_id && publicId("User", row.manager_id));
    this.roleKeys = shown("roles", row.role_keys);
    const place = { userId: row.user_id, unitPath: row.unit_path, meets: row.meets };
    const attributes = shown("attributes", row.attributes);
    this.attributes = shownAttributes(viewer, fieldOf(userCatalogue, "attributes"), attributes, place);
  }
}

export const UserVersionConnection = connectionOf("UserVersion", () => UserVersion, "versions of users");
