declare module "fastify" {
  interface FastifyInstance {
    /** What every response has that sets no others. */
    guards: Readonly<Record<string, string>>;
  }
}

/** Header fields that every response has which sets no others: nothing of it is kept, framed, guessed at, run or told to where a link leads. */
export const GUARDS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

/** A year, for this host and all below it. */
const HTTPS_ALONE = { "strict-transport-security": "max-age=31536000; includeSubDomains" } as const;

/** The same, and where people come by https, that browsers are to come by nothing else. */
export const guardsOf = (https: boolean): Readonly<Record<string, string>> =>
  https ? { ...GUARDS, ...HTTPS_ALONE } : GUARDS;
