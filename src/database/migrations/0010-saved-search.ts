import { Migration } from "@mikro-orm/migrations";

/**
 * Searches that are kept under a name. Each belongs to a person or to a machine's token, and goes with them. The filter is the tree
 * behind the parser; its hash is equal for equivalent spellings.
 */
export class Migration0010SavedSearch extends Migration {
  override up(): void {
    this.addSql(`
CREATE TABLE saved_search (
  id uuid PRIMARY KEY,
  version integer NOT NULL DEFAULT 1,
  name text NOT NULL CHECK (name <> ''),
  description text,
  owner_id uuid REFERENCES user_account (id) ON DELETE CASCADE,
  token_id uuid REFERENCES service_token (id) ON DELETE CASCADE,
  visibility text NOT NULL CHECK (visibility IN ('PRIVATE', 'SHARED', 'TEMPLATE')),
  filter jsonb NOT NULL CHECK (jsonb_typeof(filter) = 'object'),
  filter_hash text NOT NULL,
  watch text[] NOT NULL DEFAULT '{}',
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL,
  CHECK ((owner_id IS NULL) <> (token_id IS NULL))
);
CREATE INDEX saved_search_owner ON saved_search (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX saved_search_token ON saved_search (token_id) WHERE token_id IS NOT NULL;
CREATE INDEX saved_search_shared ON saved_search (name COLLATE "und-x-icu", id) WHERE visibility <> 'PRIVATE';
SELECT capture_table('saved_search');
`);
  }
}
