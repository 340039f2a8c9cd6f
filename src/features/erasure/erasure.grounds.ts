/** Why somebody is erased: what article 17(1) names, and the organisation's own retention. It stays with the tombstone, so it is no free text. */
export const ERASURE_GROUNDS = {
  NO_LONGER_NEEDED: "The data are no longer needed for what they were collected for (article 17(1)(a)).",
  CONSENT_WITHDRAWN: "The person withdrew their consent, and there is no other ground (article 17(1)(b)).",
  OBJECTION: "The person objects, and nothing overrides it (article 17(1)(c)).",
  UNLAWFUL: "The data were processed unlawfully (article 17(1)(d)).",
  LEGAL_DUTY: "A law demands the erasure (article 17(1)(e)).",
  RETENTION: "The time for which the organisation keeps such data is over.",
} as const;

export type ErasureGround = keyof typeof ERASURE_GROUNDS;
