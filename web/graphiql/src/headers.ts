/** What the header editor of a new tab holds: the demo's token where there is one, or the place for a token. */
export const headersFor = (token = ""): string => JSON.stringify({ Authorization: `Bearer ${token}` }, null, 2);

/** The headers to send of those in the editor: a place for a token that nobody filled in would be refused as a wrong token. */
export function headersToSend(edited: Readonly<Record<string, unknown>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(edited)
      .filter(([name, value]) => !(name.toLowerCase() === "authorization" && /^bearer\s*$/i.test(String(value))))
      .map(([name, value]) => [name, String(value)]),
  );
}

/** The value of the Authorization header, however its name is spelled. */
export const authorizationOf = (headers: Readonly<Record<string, string>>): string | undefined =>
  Object.entries(headers).find(([name]) => name.toLowerCase() === "authorization")?.[1];
