import type { PasswordService } from "../../src/features/auth/password.service.ts";
import { deliverFacts } from "../../src/features/auth/sign-in.facts.ts";
import { someCause } from "./database.ts";
import { makeUser, uuid } from "./directory.ts";
import type { AnswerError, TestGateway } from "./gateway.ts";

/*
 * People who sign in, for tests.
 */

/** Long enough to be the only factor, and nobody's name. */
export const PASSWORD = "violet cabbage 71 harbour";

const SESSION =
  "id method mfa factors enrolmentOnly createdAt authenticatedAt lastSeenAt expiresAt endedAt ip userAgent current";

export const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) {
    accessToken accessTokenExpiresAt refreshToken enrolFactorBy position session { ${SESSION} }
    challenge { id methods passkeyOptions expiresAt } } }`;

export const REFRESH = `mutation Refresh($input: RefreshSessionInput!) {
  refreshSession(input: $input) { accessToken refreshToken session { id } } }`;

export interface SignedIn {
  id: string;
  username: string;
  sessionId: string;
  token: string;
  refreshToken: string;
}

/** Gives a person a password. */
export async function givePassword(gateway: TestGateway, id: string, password: string = PASSWORD): Promise<void> {
  const passwords: PasswordService = gateway.signIn.passwords;
  await gateway.database.write(someCause, (tx) => passwords.set(tx, uuid(id), password, { inputPath: "password" }));
}

/** The name that a person signs in with. */
export const usernameOf = async (gateway: TestGateway, id: string): Promise<string> =>
  (await gateway.run("query ($id: ID!) { node(id: $id) { ... on User { username } } }", { id })).node.username;

/** Somebody new who has a password. */
export async function makeMember(
  gateway: TestGateway,
  unitId: string | null = null,
): Promise<{ id: string; username: string }> {
  const { id, username } = await makeUser(gateway, { orgUnitId: unitId });
  await givePassword(gateway, id);
  return { id, username };
}

/** The payload of a sign-in that must succeed. */
export const signIn = async (gateway: TestGateway, name: string, password: string = PASSWORD) =>
  (await answered(gateway, SIGN_IN, { input: { name, password } })).signIn;

/** The data of an operation that is sent without a token, and must succeed. */
export async function answered(gateway: TestGateway, query: string, variables: Readonly<Record<string, unknown>>) {
  const { data, errors } = await gateway.ask(query, variables, null);
  if (errors) throw new Error(JSON.stringify(errors, undefined, 2));
  return data;
}

/** The error of a sign-in that must fail. */
export const refusedSignIn = (gateway: TestGateway, name: string, password: string): Promise<AnswerError> =>
  gateway.refusal(SIGN_IN, { input: { name, password } }, null);

/** Somebody new who has signed in. */
export async function makeSignedIn(gateway: TestGateway, unitId: string | null = null): Promise<SignedIn> {
  const member = await makeMember(gateway, unitId);
  const { accessToken, refreshToken, session } = await signIn(gateway, member.username);
  return { ...member, token: accessToken, refreshToken, sessionId: session.id };
}

/** What sign-ins have to tell is on the search rows after this, and whoever is to be locked is. */
export async function settleFacts(gateway: TestGateway): Promise<void> {
  await gateway.signIn.settled();
  await deliverFacts(gateway.database);
}
