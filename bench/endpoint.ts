/*
 * The limit: what somebody would write by hand for these two questions and nothing else. node:http, one statement each, whose
 * JSON PostgreSQL builds; no schema, no access rules, no log. Told by the environment where the database is; says its port.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import pg from "pg";

const PERSON = `
  SELECT json_build_object('id', user_id, 'username', username, 'displayName', display_name, 'status', status, 'title', title,
    'department', department, 'location', location, 'email', email)::text AS json
  FROM user_search WHERE user_id = $1`;

const PAGE = `
  SELECT json_build_object(
    'nodes', coalesce(json_agg(json_build_object('id', id, 'displayName', display_name, 'title', title, 'department', department,
      'location', location, 'hiredOn', hired_on, 'manager', manager, 'roles', roles) ORDER BY place) FILTER (WHERE place <= 50), '[]'),
    'hasNextPage', count(*) > 50)::text AS json
  FROM (
    SELECT row_number() OVER () AS place, found.*,
      (SELECT json_build_object('id', m.user_id, 'displayName', m.display_name) FROM user_search m WHERE m.user_id = found.manager_id) AS manager,
      (SELECT json_agg(json_build_object('key', r.key, 'name', r.name) ORDER BY r.key COLLATE "und-x-icu") FROM role r WHERE r.key = ANY(found.role_keys)) AS roles
    FROM (
      SELECT user_id AS id, display_name, title, department, location, hired_on, manager_id, role_keys FROM user_search
      WHERE status = ANY('{ACTIVE,LOCKED}') AND (fold(department) = fold($1) OR fold(location) = fold($2))
        AND NOT mfa_enrolled AND role_keys @> ARRAY[$3] AND hired_on > $4::date
      ORDER BY family_name COLLATE "und-x-icu", user_id LIMIT 51
    ) found
  ) numbered`;

interface Body {
  id: string;
  department: string;
  location: string;
  role: string;
  hiredAfter: string;
}

const pool = new pg.Pool(JSON.parse(process.env.ENDPOINT_DATABASE ?? "{}"));

async function answer(path: string | undefined, body: Body): Promise<string> {
  const { rows } =
    path === "/person"
      ? await pool.query({ name: "person", text: PERSON, values: [body.id] })
      : await pool.query(PAGE, [body.department, body.location, body.role, body.hiredAfter]);
  return rows[0]?.json ?? "null";
}

async function bodyOf(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
}

const server = createServer((request, response) => {
  bodyOf(request)
    .then((body) => answer(request.url, body))
    .then((json) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(json) });
      response.end(json);
    })
    .catch((error: Error) => {
      response.writeHead(500);
      response.end(error.message);
    });
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`));
