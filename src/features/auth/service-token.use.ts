import { sql } from "kysely";
import type { Database } from "../../database/database.ts";

/** Remembers when tokens were used, until it is written down: one statement for all of them, however often each was used. */
export class TokenUses {
  #last = new Map<string, Date>();

  constructor(private readonly database: Database) {}

  readonly used = (tokenId: string, at: Date): void => {
    this.#last.set(tokenId, at);
  };

  /** Writes down what was remembered since the last time. What cannot be written is remembered again. */
  async write(): Promise<void> {
    if (this.#last.size === 0) return;
    const last = this.#last;
    this.#last = new Map();
    try {
      await sql`
        INSERT INTO service_token_use (token_id, last_used_at)
        SELECT t.id, used.at FROM unnest(${[...last.keys()]}::uuid[], ${[...last.values()]}::timestamptz[]) used (id, at)
        JOIN service_token t ON t.id = used.id ORDER BY t.id
        ON CONFLICT (token_id) DO UPDATE SET last_used_at = greatest(service_token_use.last_used_at, excluded.last_used_at)`.execute(
        this.database.reader,
      );
    } catch (error) {
      for (const [id, at] of last) if (!this.#last.has(id)) this.#last.set(id, at);
      throw error;
    }
  }
}
