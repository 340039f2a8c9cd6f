import type { AnswerError, TestGateway } from "../../support/gateway.ts";

/*
 * Definitions and people with attributes, made through the API.
 */

export const CREATE = `mutation ($input: CreateAttributeDefinitionInput!) {
  createAttributeDefinition(input: $input) { definition { id version key type state required searchable maxLength } position } }`;
export const UPDATE = `mutation ($input: UpdateAttributeDefinitionInput!) {
  updateAttributeDefinition(input: $input) { definition { id version state required maxLength } position } }`;
export const DELETE = `mutation ($input: DeleteAttributeDefinitionInput!) {
  deleteAttributeDefinition(input: $input) { deletedId position } }`;
export const CREATE_USER =
  "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id attributes } position } }";
export const UPDATE_USER =
  "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id version attributes } position } }";
export const PREVIEW = `query ($input: PreviewAttributeDefinitionInput!, $first: Int, $after: String) {
  previewAttributeDefinition(input: $input) {
    invalidCount people(first: $first, after: $after) {
      totalCount pageInfo { hasNextPage endCursor } nodes { problem message user { username } } } } }`;

let serial = 0;

/** The id of a new definition; its key is its name where no other is given. */
export async function define(
  gateway: TestGateway,
  input: { key: string; type: string; [more: string]: unknown },
): Promise<string> {
  const { createAttributeDefinition } = await gateway.run(CREATE, { input: { name: input.key, ...input } });
  return createAttributeDefinition.definition.id;
}

/** The id of a new person who has these attributes. */
export async function person(gateway: TestGateway, attributes: object = {}, more: object = {}): Promise<string> {
  const input = { username: `person${++serial}`, status: "ACTIVE", attributes, ...more };
  const { createUser } = await gateway.run(CREATE_USER, { input });
  return createUser.user.id;
}

/** The violations of a refusal, as `path: message`. */
export const violationsOf = ({ extensions }: AnswerError): string[] =>
  ((extensions.violations ?? []) as { path: string; message: string }[]).map(
    ({ path, message }) => `${path}: ${message}`,
  );
