/* eslint-disable */
import * as types from './graphql.ts';
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';

/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  query ApolloEngineers($filter: UserFilter, $first: Int!, $after: String) {\n    users(filter: $filter, orderBy: [{ field: FAMILY_NAME }], first: $first, after: $after) {\n      totalCount\n      edges { node { id version displayName title manager { id displayName } roles { id name } } }\n      pageInfo { hasNextPage endCursor }\n    }\n  }\n": typeof types.ApolloEngineersDocument,
    "\n  mutation ApolloTag($input: UpdateUserInput!) {\n    updateUser(input: $input) { user { id version displayName tags } position }\n  }\n": typeof types.ApolloTagDocument,
    "\n  query UrqlEngineers($filter: UserFilter, $first: Int!, $after: String) {\n    users(filter: $filter, orderBy: [{ field: FAMILY_NAME }], first: $first, after: $after) {\n      totalCount\n      nodes { id version displayName title manager { id displayName } roles { id name } }\n      pageInfo { hasNextPage endCursor }\n    }\n  }\n": typeof types.UrqlEngineersDocument,
    "\n  mutation UrqlTag($input: UpdateUserInput!) {\n    updateUser(input: $input) { user { id version displayName tags } position }\n  }\n": typeof types.UrqlTagDocument,
};
const documents: Documents = {
    "\n  query ApolloEngineers($filter: UserFilter, $first: Int!, $after: String) {\n    users(filter: $filter, orderBy: [{ field: FAMILY_NAME }], first: $first, after: $after) {\n      totalCount\n      edges { node { id version displayName title manager { id displayName } roles { id name } } }\n      pageInfo { hasNextPage endCursor }\n    }\n  }\n": types.ApolloEngineersDocument,
    "\n  mutation ApolloTag($input: UpdateUserInput!) {\n    updateUser(input: $input) { user { id version displayName tags } position }\n  }\n": types.ApolloTagDocument,
    "\n  query UrqlEngineers($filter: UserFilter, $first: Int!, $after: String) {\n    users(filter: $filter, orderBy: [{ field: FAMILY_NAME }], first: $first, after: $after) {\n      totalCount\n      nodes { id version displayName title manager { id displayName } roles { id name } }\n      pageInfo { hasNextPage endCursor }\n    }\n  }\n": types.UrqlEngineersDocument,
    "\n  mutation UrqlTag($input: UpdateUserInput!) {\n    updateUser(input: $input) { user { id version displayName tags } position }\n  }\n": types.UrqlTagDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 *
 *
 * @example
 * ```ts
 * const query = graphql(`query GetUser($id: ID!) { user(id: $id) { name } }`);
 * ```
 *
 * The query argument is unknown!
 * Please regenerate the types.
 */
export function graphql(source: string): unknown;

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ApolloEngineers($filter: UserFilter, $first: Int!, $after: String) {\n    users(filter: $filter, orderBy: [{ field: FAMILY_NAME }], first: $first, after: $after) {\n      totalCount\n      edges { node { id version displayName title manager { id displayName } roles { id name } } }\n      pageInfo { hasNextPage endCursor }\n    }\n  }\n"): (typeof documents)["\n  query ApolloEngineers($filter: UserFilter, $first: Int!, $after: String) {\n    users(filter: $filter, orderBy: [{ field: FAMILY_NAME }], first: $first, after: $after) {\n      totalCount\n      edges { node { id version displayName title manager { id displayName } roles { id name } } }\n      pageInfo { hasNextPage endCursor }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ApolloTag($input: UpdateUserInput!) {\n    updateUser(input: $input) { user { id version displayName tags } position }\n  }\n"): (typeof documents)["\n  mutation ApolloTag($input: UpdateUserInput!) {\n    updateUser(input: $input) { user { id version displayName tags } position }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query UrqlEngineers($filter: UserFilter, $first: Int!, $after: String) {\n    users(filter: $filter, orderBy: [{ field: FAMILY_NAME }], first: $first, after: $after) {\n      totalCount\n      nodes { id version displayName title manager { id displayName } roles { id name } }\n      pageInfo { hasNextPage endCursor }\n    }\n  }\n"): (typeof documents)["\n  query UrqlEngineers($filter: UserFilter, $first: Int!, $after: String) {\n    users(filter: $filter, orderBy: [{ field: FAMILY_NAME }], first: $first, after: $after) {\n      totalCount\n      nodes { id version displayName title manager { id displayName } roles { id name } }\n      pageInfo { hasNextPage endCursor }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UrqlTag($input: UpdateUserInput!) {\n    updateUser(input: $input) { user { id version displayName tags } position }\n  }\n"): (typeof documents)["\n  mutation UrqlTag($input: UpdateUserInput!) {\n    updateUser(input: $input) { user { id version displayName tags } position }\n  }\n"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;