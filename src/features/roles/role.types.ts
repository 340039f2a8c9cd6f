import { Field, Int, ObjectType } from "type-graphql";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { Node } from "../../graphql/node.ts";
import { connectionOf } from "../../graphql/paging.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { publicId } from "../../kernel/ids.ts";
import type { Permission } from "../../kernel/permissions.ts";
import { PERMISSION } from "../users/user.fields.ts";

/** A role as queries read it. */
export interface RoleRecord {
  id: string;
  version: number;
  key: string;
  name: string;
  description: string | null;
  privileged: boolean;
  permissions: readonly Permission[];
  inheritsIds: readonly string[];
}

@ObjectType({
  implements: Node,
  description:
    "A named set of permissions. It allows nothing by itself: it is granted to users, over an org unit and everything below it or everywhere.",
})
@Read(carried)
export class Role extends Node {
  readonly nodeType = "Role";
  readonly uuid: string;
  readonly inheritsIds: readonly string[];

  @Field(() => Int, { description: "Increases at every change; pass it as expectedVersion to refuse a lost update." })
  version: number;

  @Field(() => String, { description: "The short name by which roles are granted and asked about; it never changes." })
  key: string;

  @Field(() => String, { description: "The name to show." })
  name: string;

  @Field(() => String, { nullable: true, description: "What the role is for." })
  description: string | null;

  @Field(() => Boolean, {
    description: "Whether holding it is something to keep an eye on; it changes nothing about what the role allows.",
  })
  privileged: boolean;

  @Field(() => [enumOf(PERMISSION)], { description: "What it allows by itself, without what it inherits." })
  permissions: Permission[];

  constructor(record: RoleRecord) {
    super();
    this.id = publicId("Role", record.id);
    this.uuid = record.id;
    this.version = record.version;
    this.key = record.key;
    this.name = record.name;
    this.description = record.description;
    this.privileged = record.privileged;
    this.permissions = [...record.permissions];
    this.inheritsIds = record.inheritsIds;
  }
}

export const RoleConnection = connectionOf("Role", () => Role, "roles");

@ObjectType({ description: "The role after the change." })
@Read(carried)
export class RolePayload extends MutationPayload {
  @Field(() => Role, { nullable: true, description: "The role; null where the viewer may not see roles." })
  role!: Role | null;
}
