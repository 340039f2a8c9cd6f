/** An account of the demo, with the password that it has until the next start. */
export interface DemoAccount {
  username: string;
  name: string;
  role: string;
  password: string;
}

/** The tokens of a session: in memory alone, and gone with the page. */
interface Tokens {
  accessToken: string;
  accessTokenExpiresAt: string;
  refreshToken: string;
}

/** A token is renewed when it holds for less than this. */
const MARGIN_MS = 30_000;

const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  answer: signIn(input: $input) { accessToken accessTokenExpiresAt refreshToken } }`;
const REFRESH = `mutation Refresh($input: RefreshSessionInput!) {
  answer: refreshSession(input: $input) { accessToken accessTokenExpiresAt refreshToken } }`;

/** Every token that stood in an editor on behalf of the page, and that may be replaced by the one that is in force. */
const ours = new Set<string>();
let tokens: Tokens | undefined;
let renewing: Promise<void> | undefined;

/** Says of a token that the page itself filled it in. */
export function own(token: string): void {
  ours.add(token);
}

/** Whether the page itself filled a token in. */
export const isOwn = (token: string): boolean => ours.has(token);

/** Signs in as somebody, and gives the token that is then in force. */
export async function signInAs({ username, password }: DemoAccount): Promise<string> {
  return keep(await ask(SIGN_IN, { name: username, password }));
}

/** The token to send in the place of one that the page filled in: the session's, renewed where it is about to run out. */
export async function inForce(token: string): Promise<string> {
  if (!tokens || !isOwn(token)) return token;
  if (Date.parse(tokens.accessTokenExpiresAt) - Date.now() < MARGIN_MS) {
    // A refresh token is good once: whoever needs a new one waits for the one who asked first.
    renewing ??= renew().finally(() => {
      renewing = undefined;
    });
    await renewing;
  }
  return tokens.accessToken;
}

async function renew(): Promise<void> {
  if (tokens) keep(await ask(REFRESH, { refreshToken: tokens.refreshToken }));
}

function keep(given: Tokens): string {
  tokens = given;
  own(given.accessToken);
  return given.accessToken;
}

async function ask(query: string, input: object): Promise<Tokens> {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const { data, errors } = (await response.json()) as {
    data?: { answer: Tokens | null };
    errors?: { message: string }[];
  };
  if (!data?.answer) throw new Error(errors?.[0]?.message ?? "The gateway did not answer.");
  return data.answer;
}
