/*
 * The limit: what somebody would write by hand for these questions and nothing else. node:http, one statement each, whose JSON PostgreSQL builds, on the
 * gateway's own tables; no schema, no access rules, no log. Told by the environment where the database is; says its port.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import pg from "pg";

const ROLES = (person: string) =>
  `(SELECT coalesce(json_agg(json_build_object('key', r.key, 'name', r.name) ORDER BY r.key), '[]') FROM role r WHERE r.key = ANY(${person}.role_keys))`;
const page = (fields: string, where: string, order: string, size: number) => `
  SELECT json_build_object('nodes', coalesce(json_agg(json_build_object(${fields}) ORDER BY place) FILTER (WHERE place <= ${size}), '[]'), 'hasNextPage', count(*) > ${size})::text AS json
  FROM (SELECT row_number() OVER () AS place, u.* FROM (SELECT * FROM user_search u WHERE ${where} ORDER BY ${order}, user_id LIMIT ${size + 1}) u) u`;

const LISTED = "'id', user_id, 'displayName', display_name, 'title', title";
const SEARCHED = `'id', user_id, 'displayName', display_name, 'title', title, 'department', department, 'location', location, 'hiredOn', hired_on,
  'manager', (SELECT json_build_object('id', m.user_id, 'displayName', m.display_name) FROM user_search m WHERE m.user_id = u.manager_id), 'roles', ${ROLES("u")}`;
const NESTED = `status = ANY('{ACTIVE,LOCKED}') AND (department = $1 OR location = $2) AND NOT mfa_enrolled AND role_keys @> ARRAY[$3] AND hired_on > $4::date`;

const manager = (
  below: string,
  name: string,
  more: string,
) => `(SELECT json_build_object('id', ${name}.user_id, 'displayName', ${name}.display_name,
  'roles', ${ROLES(name)}${more}) FROM user_search ${name} WHERE ${name}.user_id = ${below}.manager_id)`;
const CHAIN = manager("u", "a", `, 'manager', ${manager("a", "b", `, 'manager', ${manager("b", "c", "")}`)}`);
const EVENTS = `(SELECT coalesce(json_agg(json_build_object('action', e.action, 'occurredAt', e.at, 'outcome', e.outcome)), '[]') FROM (
  SELECT * FROM audit_log e WHERE e.subject_id = u.user_id ORDER BY e.commit_number DESC, e.ordinal DESC LIMIT 5) e)`;

/** By path. `named`: prepared once; filters are planned for their values instead. */
const STATEMENTS: Readonly<Record<string, { text: string; named?: true }>> = {
  "/person": {
    named: true,
    text: `SELECT json_build_object('id', user_id, 'username', username, 'displayName', display_name, 'status', status, 'title', title,
      'department', department, 'location', location, 'email', email)::text AS json FROM user_search WHERE user_id = $1`,
  },
  "/nested": { text: page(SEARCHED, NESTED, "family_name", 50) },
  "/scoped": { text: page(SEARCHED, `${NESTED} AND unit_path && $5::uuid[]`, "family_name", 50) },
  "/deep": {
    text: page(
      `'id', user_id, 'displayName', display_name, 'roles', ${ROLES("u")}, 'manager', ${CHAIN}, 'auditEvents', ${EVENTS}`,
      "org_unit_id = $1 AND status <> 'DELETED'",
      "display_name",
      20,
    ),
  },
  "/text": {
    text: page(
      `${LISTED}, 'username', username, 'email', email`,
      "words LIKE $1 AND words LIKE $2 AND status <> 'DELETED'",
      "display_name",
      20,
    ),
  },
  "/members": { text: page(LISTED, "unit_path @> ARRAY[$1::uuid] AND status <> 'DELETED'", "display_name", 50) },
  "/first": { named: true, text: page(LISTED, "status <> 'DELETED'", "display_name", 50) },
  "/after": {
    named: true,
    text: page(LISTED, "status <> 'DELETED' AND (display_name, user_id) > ($1, $2::uuid)", "display_name", 50),
  },
};

interface Body {
  values: unknown[];
  /** Of a count, or of facets. */
  where?: string;
}

const pool = new pg.Pool(JSON.parse(process.env.ENDPOINT_DATABASE ?? "{}"));

async function answer(path: string, { values, where }: Body): Promise<string> {
  const statement = STATEMENTS[path] ?? { text: path === "/count" ? countOf(where ?? "") : facetsOf(where ?? "") };
  const { rows } = await pool.query({ ...(statement.named ? { name: path } : {}), text: statement.text, values });
  return rows[0]?.json ?? "null";
}

/** By hand a count has its own statement, so its filter comes as one. */
const countOf = (where: string) =>
  `SELECT json_build_object('totalCount', count(*))::text AS json FROM user_search WHERE ${where}`;
const facetsOf = (where: string) => `
  WITH found AS MATERIALIZED (SELECT department, location, status, title FROM user_search WHERE ${where})
  SELECT json_object_agg(facet, buckets)::text AS json FROM (
    SELECT facet, json_object_agg(value, count) AS buckets FROM (
      SELECT CASE grouping(department, location, status, title) WHEN 7 THEN 'department' WHEN 11 THEN 'location' WHEN 13 THEN 'status' ELSE 'title' END AS facet,
        coalesce(department, location, status, title) AS value, count(*) AS count
      FROM found GROUP BY GROUPING SETS (department, location, status, title)) counted GROUP BY facet) facets`;

async function bodyOf(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
}

const server = createServer((request, response) => {
  bodyOf(request)
    .then((body) => answer(request.url ?? "", body))
    .then((json) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(json) });
      response.end(json);
    })
    .catch((error: Error) => {
      response.writeHead(500, { "content-length": Buffer.byteLength(error.message) });
      response.end(error.message);
    });
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`));
