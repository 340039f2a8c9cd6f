import { Migration } from "@mikro-orm/migrations";

/**
 * People are found by the beginnings of their words, and not by trigrams of them: a word that is asked for has several trigrams, most of which a great part of
 * all people share, and reading those lists took longer than everything else. Beginnings are one list a word, and are fewer to write.
 */
export class Migration0065WordBeginnings extends Migration {
  override up(): void {
    this.addSql(`
-- The beginnings of words that an index holds: of each word its first one, two, three, four and six characters, or all where it has fewer.
CREATE FUNCTION word_beginnings(words text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT ARRAY(SELECT left(w.word, n.length) FROM unnest(string_to_array(ltrim(words), ' ')) w (word), unnest('{1,2,3,4,6}'::int[]) n (length)) $$;

DROP INDEX user_search_texts;
CREATE INDEX user_search_texts ON user_search USING gin (
  word_beginnings(words),
  fold_all(ARRAY[
    username, email, employee_number, display_name, given_name, family_name, phone, title, department, division, cost_center, location,
    country, locale, timezone, last_login_country, email_domain
  ] || external_ids) gin_trgm_ops
);
`);
  }
}
