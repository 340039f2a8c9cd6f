import type { Database } from "./database/database.ts";
import { AttributeDefinitionPreviews } from "./features/attribute-definitions/attribute-definition.previews.ts";
import { AttributeDefinitionResolver } from "./features/attribute-definitions/attribute-definition.resolver.ts";
import { AttributeDefinitionService } from "./features/attribute-definitions/attribute-definition.service.ts";
import {
  AttributeViolationResolver,
  UserAttributeProblemsResolver,
} from "./features/attribute-definitions/attribute-violation.resolver.ts";
import { templatesAgainst } from "./features/profile-templates/profile-template.definitions.ts";
import type { UserLoader } from "./features/users/user.loaders.ts";
import type { FindNode } from "./graphql/node.ts";

/** Builds what defines custom attributes and tells who does not fit. */
export function buildAttributes(database: Database, people: UserLoader): { resolvers: object[]; find: FindNode } {
  const service = new AttributeDefinitionService(database, [templatesAgainst]);
  const definitions = new AttributeDefinitionResolver(service, new AttributeDefinitionPreviews(database));
  return {
    resolvers: [definitions, new AttributeViolationResolver(people), new UserAttributeProblemsResolver(database)],
    find: (context, id) => definitions.find(context, id),
  };
}
