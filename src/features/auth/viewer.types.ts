import { Field, ObjectType } from "type-graphql";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { ListSize } from "../../graphql/cost-declaration.ts";
import { carried, Read } from "../../graphql/rules.ts";
import type { Permission } from "../../kernel/permissions.ts";
import { OrgUnit } from "../org/org-unit.types.ts";
import { PERMISSION } from "../users/user.fields.ts";

@ObjectType({ description: "A permission, and where it is held." })
@Read(carried)
export class PermissionGrant {
  @Field(() => enumOf(PERMISSION), { description: "The permission." })
  permission!: Permission;

  @ListSize(5)
  @Field(() => [OrgUnit], {
    description: "The org units that it is held over, with everything below them; an empty list: everywhere.",
  })
  scopes!: OrgUnit[];
}

@ObjectType("Viewer", { description: "Who is asking, and what they may do." })
@Read(carried)
export class ViewerType {}
