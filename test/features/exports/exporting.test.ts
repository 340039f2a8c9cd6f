import { randomBytes } from "node:crypto";
import { get } from "node:http";
import { inflateRawSync } from "node:zlib";
import { fastify } from "fastify";
import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { EXPORT_DEFAULTS, ExportLinks, type ExportProducer } from "../../../src/features/exports/export.links.ts";
import { mountDownloads } from "../../../src/server/downloads.ts";
import { someCause } from "../../support/database.ts";
import { grant, makeHolder, makeRole, makeUnit, makeUser, unique, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile({});

const CREATE = "mutation ($input: CreateExportInput!) { createExport(input: $input) { path expiresAt position } }";
const SAVE =
  "mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { id } position } }";

type Input = Readonly<Record<string, unknown>>;

const linkTo = async (input: Input, token?: string): Promise<string> =>
  (await file.gateway.run(CREATE, { input: { format: "CSV", columns: ["username"], ...input } }, token)).createExport
    .path;
const fetched = (url: string, headers: Record<string, string> = {}) =>
  file.gateway.server.inject({ method: "GET", url, headers });
const exported = async (input: Input, token?: string) => {
  const response = await fetched(await linkTo(input, token));
  expect(response.statusCode).toBe(200);
  return response;
};
const refusal = async (input: Input, token?: string) =>
  (await file.gateway.refusal(CREATE, { input: { format: "CSV", columns: ["username"], ...input } }, token)).extensions;
const rowOf = async (path: string) => {
  const { rows } = await sql<{ state: string; row_count: number | null }>`
    SELECT state, row_count FROM export_link WHERE secret_hash = sha256(${path.slice("/export/".length)}::text::bytea)`.execute(
    file.gateway.database.reader,
  );
  return rows[0];
};

type Gate = PromiseWithResolvers<void>;

async function* nobody() {
  yield [];
}

/** Links whose files are all made by `open`, of which so many may be on their way at once; and what gives the secret of one of an owner. */
function linksTo(open: ExportProducer["open"], atOnce: number) {
  const { database } = file.gateway;
  const settings = { ...EXPORT_DEFAULTS, atOnce };
  const links = new ExportLinks(database, [{ kind: "TEST", fileName: "test", open }], settings);
  const order = { kind: "TEST", format: "CSV", payload: {}, filterText: null, columns: ["a"] } as const;
  const issue = async (userId: string | null) => {
    const owner = { userId, tokenId: null };
    const { value } = await database.write(someCause, (tx) => links.issue(tx, { ...order, owner }));
    return value.path.slice("/export/".length);
  };
  return { links, issue };
}

/** The files of an archive, by its own directory at the end. */
function unzipped(archive: Buffer): Map<string, string> {
  const files = new Map<string, string>();
  const end = archive.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  let at = archive.readUInt32LE(end + 16);
  for (let count = archive.readUInt16LE(end + 10); count > 0; count--) {
    const size = archive.readUInt32LE(at + 20);
    const nameLength = archive.readUInt16LE(at + 28);
    const name = archive.toString("utf8", at + 46, at + 46 + nameLength);
    const local = archive.readUInt32LE(at + 42);
    const from = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    files.set(name, inflateRawSync(archive.subarray(from, from + size)).toString());
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return files;
}

describe("An export", () => {
  it("has the columns that were asked for, of the people whom the filter finds, in its order", async () => {
    const title = unique("exported");
    for (const givenName of ["Bea", "Ada"]) await makeUser(file.gateway, { title, givenName, attributes: { desk: 7 } });
    await makeUser(file.gateway, { title: unique("other") });
    const of = { filter: { title: { eq: title } }, orderBy: [{ field: "GIVEN_NAME", direction: "DESC" }] };
    const columns = ["givenName", "attributes.desk", "title", "middleName"];
    const csv = await exported({ ...of, columns });
    expect(csv.body).toBe(`givenName,attributes.desk,title,middleName\r\nBea,7,${title},\r\nAda,7,${title},\r\n`);
    const lines = await exported({ ...of, columns, format: "JSONL" });
    expect(
      lines.body
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { givenName: "Bea", "attributes.desk": 7, title, middleName: null },
      { givenName: "Ada", "attributes.desk": 7, title, middleName: null },
    ]);
    const xlsx = unzipped((await exported({ ...of, columns, format: "XLSX" })).rawPayload);
    expect([...xlsx.keys()]).toEqual(expect.arrayContaining(["[Content_Types].xml", "xl/workbook.xml"]));
    const sheet = xlsx.get("xl/worksheets/sheet1.xml") as string;
    expect(sheet.match(/<row>/g)).toHaveLength(3);
    expect(sheet).toContain('<c t="inlineStr"><is><t>Bea</t></is></c><c><v>7</v></c>');
  });

  it.each(["CSV", "JSONL"])("has as many columns as may be, as %s", async (format) => {
    const title = unique("wide");
    const attributes = Object.fromEntries(
      Array.from({ length: 20 }, (_, place) => [`wide${place}`, [`"${place}"`, "a, b"]]),
    );
    await makeUser(file.gateway, { title, attributes });
    const columns = [...Array.from({ length: 199 }, (_, place) => `attributes.wide${place}`), "title"];
    const { body } = await exported({ filter: { title: { eq: title } }, columns, format });
    const [line = ""] = body.trim().split("\n").slice(-1);
    if (format === "JSONL")
      expect(JSON.parse(line)).toMatchObject({
        "attributes.wide19": ['"19"', "a, b"],
        "attributes.wide20": null,
        title,
      });
    else expect(line.split(",").at(-1)).toBe(title);
  });

  it("is of a saved search that its viewer may see, and of what it finds for them", async () => {
    const title = unique("saved");
    const { username } = await makeUser(file.gateway, { title });
    const input = { name: title, filter: { title: { eq: title } } };
    const { createSavedSearch } = await file.gateway.run(SAVE, { input });
    const savedSearchId = createSavedSearch.savedSearch.id;
    expect((await exported({ savedSearchId })).body).toBe(`username\r\n${username}\r\n`);
    const stranger = await makeHolder(file.gateway, ["USER_READ"]);
    expect((await refusal({ savedSearchId }, stranger.token)).code).toBe("NOT_FOUND");
  });

  it.each(["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("x")'])("takes %s for no formula", async (nickName) => {
    const title = unique("formula");
    await makeUser(file.gateway, { title, nickName });
    const of = { filter: { title: { eq: title } }, columns: ["nickName"] };
    const written = `'${nickName}`;
    const cell = written.includes('"') ? `"${written.replaceAll('"', '""')}"` : written;
    expect((await exported(of)).body).toBe(`nickName\r\n${cell}\r\n`);
    expect(JSON.parse((await exported({ ...of, format: "JSONL" })).body)).toEqual({ nickName });
    const sheet = unzipped((await exported({ ...of, format: "XLSX" })).rawPayload).get("xl/worksheets/sheet1.xml");
    expect(sheet).toContain('<c s="1" t="inlineStr">');
    expect(sheet).not.toContain("<f>");
  });

  it("has values of every kind as what they are, and as they are where some are shown of some people only", async () => {
    const title = `${unique("kinds")} "a", b\\ \u2028😀`;
    const hiredOn = "2024-02-29";
    const attributes = { list: ["a", 'b"'], number: 1.5, yes: true, none: null };
    const unit = await makeUnit(file.gateway);
    const { id } = await makeUser(file.gateway, { title, hiredOn, tags: ["x", "y z"], attributes, orgUnitId: unit.id });
    const { user } = await file.gateway.run("query ($id: ID!) { user(by: { id: $id }) { createdAt } }", { id });
    const keys = Object.keys(attributes).map((key) => `attributes.${key}`);
    const columns = ["id", "orgUnit", "title", "hiredOn", "tags", "createdAt", "mfaEnrolled", ...keys];
    const values = [id, unit.id, title, hiredOn, ["x", "y z"], user.createdAt, false, ...Object.values(attributes)];
    const quoted = `"${title.replaceAll('"', '""')}"`;
    const line = `${id},${unit.id},${quoted},${hiredOn},x; y z,${user.createdAt},false,"a; b""",1.5,true,`;
    const holder = await makeHolder(file.gateway, ["USER_READ", "ORG_READ"]);
    const some = (await makeRole(file.gateway, ["USER_READ_SECURITY"])).key;
    await grant(file.gateway, holder.id, some, { scopeId: unit.id });
    for (const token of [undefined, holder.token]) {
      const of = { filter: { id: { eq: id } }, columns };
      expect((await exported(of, token)).body).toBe(`${columns.join()}\r\n${line}\r\n`);
      const written = (await exported({ ...of, format: "JSONL" }, token)).body;
      expect(Object.entries(JSON.parse(written))).toEqual(columns.map((name, place) => [name, values[place]]));
      const sheet = unzipped((await exported({ ...of, format: "XLSX" }, token)).rawPayload).get(
        "xl/worksheets/sheet1.xml",
      );
      expect(sheet).toContain('<c s="2"><v>45351</v></c>');
      expect(sheet).toContain('<c t="b"><v>0</v></c>');
    }
  });

  it("refuses columns that nobody has, that are named twice, and that the viewer may not read, by name", async () => {
    expect(await refusal({ columns: ["username", "secret", "username"] })).toMatchObject({
      code: "INVALID_INPUT",
      violations: [{ path: "input.columns[1]" }, { path: "input.columns[2]" }],
    });
    expect((await refusal({ columns: [] })).code).toBe("INVALID_INPUT");
    const { token } = await makeHolder(file.gateway, ["USER_READ"]);
    expect(await refusal({ columns: ["username", "email"] }, token)).toMatchObject({
      code: "FIELD_FORBIDDEN",
      field: "email",
      inputPath: "input.columns[1]",
    });
    expect((await refusal({ filter: { email: { eq: "a@b.example" } } }, token)).code).toBe("FIELD_FORBIDDEN");
  });

  it("shows of everybody what the viewer may read of them, where they may over some units only", async () => {
    const [inside, outside] = [await makeUnit(file.gateway), await makeUnit(file.gateway)];
    const title = unique("masked");
    for (const unit of [inside, outside])
      await makeUser(file.gateway, { title, email: `${unique("mail")}@rollcall.example`, orgUnitId: unit.id });
    const { id, token } = await makeHolder(file.gateway, ["USER_READ"]);
    await grant(file.gateway, id, (await makeRole(file.gateway, ["USER_READ_CONTACT"])).key, { scopeId: inside.id });
    const { body } = await exported(
      { filter: { title: { eq: title } }, columns: ["title", "email"], format: "JSONL" },
      token,
    );
    const emails = body
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).email);
    expect(emails.filter((email) => email === null)).toHaveLength(1);
    expect(emails.filter((email) => email !== null)).toHaveLength(1);
  });
});

describe("A link to an export", () => {
  it("is good once, as a file that nobody keeps, and what becomes of it is written down", async () => {
    const path = await linkTo({});
    const response = await fetched(path);
    expect(response.headers).toMatchObject({
      "cache-control": "no-store",
      "content-disposition": 'attachment; filename="people.csv"',
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
    await expect.poll(() => rowOf(path)).toMatchObject({ state: "DELIVERED" });
    expect((await rowOf(path))?.row_count).toBe(response.body.trim().split("\r\n").length - 1);
    expect((await fetched(path)).statusCode).toBe(404);
  });

  it("is good once for any number who ask at the same time", async () => {
    const path = await linkTo({});
    const statuses = (await Promise.all([1, 2].map(() => fetched(path)))).map(({ statusCode }) => statusCode);
    // Who comes second finds it used, or its owner's file on its way.
    expect([
      [200, 404],
      [200, 429],
    ]).toContainEqual(statuses.toSorted());
    expect((await fetched(path)).statusCode).toBe(404);
  });

  it("is not used up by HEAD or by what a browser fetches ahead", async () => {
    const path = await linkTo({});
    expect((await file.gateway.server.inject({ method: "HEAD", url: path })).statusCode).toBe(404);
    expect((await fetched(path, { "sec-purpose": "prefetch" })).statusCode).toBe(403);
    expect((await fetched(path)).statusCode).toBe(200);
  });

  it("holds for minutes", async () => {
    const path = await linkTo({});
    file.gateway.database.moveClock("11 minutes");
    try {
      expect((await fetched(path)).statusCode).toBe(404);
    } finally {
      file.gateway.database.moveClock("");
    }
  });

  it("gives nothing once whoever asked for it holds less than they did", async () => {
    const { id, token } = await makeHolder(file.gateway, ["USER_READ"]);
    const more = await grant(file.gateway, id, (await makeRole(file.gateway, ["USER_READ_CONTACT"])).key);
    const path = await linkTo({ columns: ["email"] }, token);
    await file.gateway.run("mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }", {
      input: { grantId: more },
    });
    expect((await fetched(path)).statusCode).toBe(404);
    expect(await rowOf(path)).toMatchObject({ state: "REFUSED" });
  });

  it("ends its reading with a client that goes away", async () => {
    const notes = ["a", "b", "c", "d", "e"];
    await file.gateway.database.write(someCause, (tx) =>
      sql`INSERT INTO user_account (id, username, display_name, status, status_changed_at, source, attributes, created_at, updated_at)
        SELECT gen_random_uuid(), 'gone-' || n, 'Gone', 'ACTIVE', ${tx.now}, 'LOCAL',
          (SELECT jsonb_object_agg(key, repeat('x', 1000)) FROM unnest(${notes}::text[]) key), ${tx.now}, ${tx.now}
        FROM generate_series(1, 2000) n`.execute(tx.sql),
    );
    const path = await linkTo({ columns: notes.map((key) => `attributes.${key}`) });
    const away = new AbortController();
    const response = await fetch(file.gateway.url + path, { signal: away.signal });
    await response.body?.getReader().read();
    away.abort();
    await expect.poll(() => rowOf(path)).toMatchObject({ state: "BROKEN" });
    expect((await rowOf(path))?.row_count).toBeLessThan(2_000);
  });

  it("gives back its place and what it holds where nobody takes anything of it", async () => {
    let closed = 0;
    const close = async () => {
      closed += 1;
    };
    const open = async () => ({ columns: [{ name: "a", isDate: false }], rows: nobody(), close });
    const { links, issue } = linksTo(open, 1);
    for (let count = 1; count <= 2; count++) {
      const secret = await issue(null);
      const path = `/export/${secret}`;
      const found = await links.open(secret);
      await found?.chunks.return(undefined);
      expect([closed, (await rowOf(path))?.state]).toEqual([count, "BROKEN"]);
    }
  });

  it("has its place though its gateway is asked for any number that never were, and though another owner's file is on its way", async () => {
    const { database } = file.gateway;
    const { links, issue } = linksTo(async () => ({ columns: [{ name: "a", isDate: false }], rows: nobody() }), 2);
    const { commit } = await database.head();
    const guesses = Array.from({ length: 20 }, () => links.open(randomBytes(32).toString("base64url")));
    expect(new Set(await Promise.all(guesses))).toEqual(new Set([undefined]));
    expect((await database.head()).commit).toBe(commit);
    const one = uuid((await makeUser(file.gateway)).id);
    const other = uuid((await makeUser(file.gateway)).id);
    const first = await links.open(await issue(one));
    const again = await issue(one);
    await expect(links.open(again)).rejects.toMatchObject({ code: "RATE_LIMITED" });
    const second = await links.open(await issue(other));
    await expect(links.open(await issue(null))).rejects.toMatchObject({ code: "RATE_LIMITED" });
    await first?.chunks.return(undefined);
    const third = await links.open(again);
    for (const found of [second, third]) await found?.chunks.return(undefined);
    expect([first, second, third].map((found) => found?.name)).toEqual(Array(3).fill("test.csv"));
  });

  it.each([
    ["slower than it may", { bytes: 1e9, everyMs: 100, longestMs: 60_000 }],
    ["longer than it may", { bytes: 0, everyMs: 60_000, longestMs: 100 }],
  ])("ends a file whose client takes it %s", async (_, pace) => {
    const server = fastify();
    const ended = Promise.withResolvers<void>();
    async function* chunks() {
      try {
        for (;;) yield Buffer.alloc(65_536);
      } finally {
        ended.resolve();
      }
    }
    mountDownloads(server, async () => ({ name: "a", type: "text/csv", chunks: chunks() }), pace);
    const client = get(`${await server.listen({ host: "127.0.0.1", port: 0 })}/export/x`, (answer) => {
      answer.on("error", () => undefined).once("data", () => answer.pause());
    });
    await ended.promise;
    client.destroy();
    await server.close();
  });

  it("ends a file whose client left before it was made", async () => {
    const server = fastify();
    const [asked, made, ended] = [0, 0, 0].map(() => Promise.withResolvers<void>()) as [Gate, Gate, Gate];
    async function* chunks() {
      try {
        yield Buffer.alloc(0);
      } finally {
        ended.resolve();
      }
    }
    mountDownloads(server, async () => {
      asked.resolve();
      await made.promise;
      const file = chunks();
      await file.next();
      return { name: "a", type: "text/csv", chunks: file };
    });
    const client = get(`${await server.listen({ host: "127.0.0.1", port: 0 })}/export/x`).on("error", () => undefined);
    await asked.promise;
    const open = () => new Promise<number>((resolve) => server.server.getConnections((_, count) => resolve(count)));
    client.destroy();
    await expect.poll(open).toBe(0);
    made.resolve();
    await ended.promise;
    await server.close();
  });

  it("is in the audit log: who asked, for whom, which columns, how many rows, and never its secret", async () => {
    const path = await linkTo({ filter: { id: { in: [] } } });
    await fetched(path);
    await expect.poll(() => rowOf(path)).toMatchObject({ state: "DELIVERED", row_count: 0 });
    const { auditEvents } = await file.gateway.run(
      '{ auditEvents(first: 200, filter: { action: { in: ["export.created", "export.delivered"] } }) { nodes { action cause { actor { __typename } } changes { field before after } } } }',
    );
    const text = JSON.stringify(auditEvents.nodes);
    expect(auditEvents.nodes.map(({ action }: { action: string }) => action)).toEqual(
      expect.arrayContaining(["export.created", "export.delivered"]),
    );
    expect(text).toContain("username");
    expect(text).not.toContain(path.slice(8));
  });
});
