import { request } from "node:http";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { makeHolder, unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { IMPORT, send, upload } from "./support.ts";

const file = gatewayForFile({ times: { importing: { maxBytes: 2_000 } } });
const stored = async () =>
  (
    await sql<{ count: number }>`SELECT count(*)::integer AS count FROM import_upload`.execute(
      file.gateway.database.reader,
    )
  ).rows[0]?.count;

it("An upload is kept whole, once for the same content, and for its owner alone", async () => {
  const { gateway } = file;
  const holder = await makeHolder(gateway, ["IMPORT_RUN", "BULK_RUN", "USER_CREATE", "USER_UPDATE", "USER_READ"]);
  const content = `employeeNumber\r\n${unique("n")}\r\n`;
  const first = await send(gateway, content);
  expect([first.statusCode, first.json().size]).toEqual([201, content.length]);
  const again = await send(gateway, content);
  expect([again.statusCode, again.json().uploadId]).toEqual([200, first.json().uploadId]);
  expect((await send(gateway, content, { name: "other.csv" })).json().uploadId).not.toBe(first.json().uploadId);
  expect((await send(gateway, content, { token: holder.token })).statusCode).toBe(201);
  const given = { uploadId: first.json().uploadId, mode: "BOTH", reading: { matchBy: "EMPLOYEE_NUMBER" } };
  expect(await gateway.refusal(IMPORT, { input: given }, holder.token)).toMatchObject({
    extensions: { code: "NOT_FOUND", inputPath: "input.uploadId" },
  });
});

it("What is no upload of whoever sends it is refused before anything is kept", async () => {
  const { gateway } = file;
  const before = await stored();
  const { token } = await makeHolder(gateway, ["BULK_RUN"]);
  const status = async (...given: [string | Buffer, object?]) => (await send(gateway, ...given)).statusCode;
  expect(await status("a", { token: "nobody" })).toBe(401);
  expect(await status("a", { token })).toBe(403);
  expect(await status("a", { type: "application/json" })).toBe(415);
  expect(await status("")).toBe(400);
  expect(await status("a", { name: "" })).toBe(400);
  const large = await send(gateway, "x".repeat(2_001));
  expect([large.statusCode, large.json().errors[0].extensions]).toMatchObject([413, { limit: 2_000 }]);
  expect(await stored()).toBe(before);
});

it("A second upload of a viewer waits for the first; one that is cut off leaves nothing", async () => {
  const { gateway } = file;
  const before = await stored();
  const headers = { "content-type": "text/csv", authorization: `Bearer ${gateway.admin}` };
  const slow = request(`${gateway.url}/import?name=slow.csv`, { method: "POST", headers });
  const ended = new Promise<void>((resolve) => slow.once("error", () => resolve()).once("close", () => resolve()));
  slow.write("employeeNumber\r\n");
  await expect.poll(() => gateway.imports.store.underWay).toBe(1);
  const second = await send(gateway, "x");
  expect([second.statusCode, second.headers["retry-after"]]).toEqual([429, "5"]);
  slow.destroy();
  await ended;
  await expect.poll(async () => (await send(gateway, `employeeNumber\r\n${unique("n")}`)).statusCode).toBe(201);
  expect(await stored()).toBe((before ?? 0) + 1);
});

it("A file that is too long is refused in words that its sender reads, at once where it says how long it is, else where it gets too long", async () => {
  const { gateway } = file;
  const headers = { "content-type": "text/csv", authorization: `Bearer ${gateway.admin}` };
  const post = (body: string | ReadableStream, more: object = {}) =>
    fetch(`${gateway.url}/import?name=long.csv`, { method: "POST", headers, body, ...more });
  const away = new AbortController();
  const endless = new ReadableStream({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode("x".repeat(500)));
    },
  });
  const refused = [await post(endless, { duplex: "half", signal: away.signal }), await post("x".repeat(20_000_000))];
  for (const response of refused) {
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { limit: 2_000 } }] });
  }
  away.abort();
  expect(await upload(gateway, `employeeNumber\r\n${unique("n")}`)).toMatch(/^upload_/);
});

it("The oldest files of a viewer make room for newer ones, except those that are being planned with", async () => {
  const { gateway } = file;
  const holder = await makeHolder(gateway, ["IMPORT_RUN", "BULK_RUN", "USER_CREATE", "USER_UPDATE"]);
  const as = { token: holder.token };
  const large = () => `employeeNumber\r\n${unique("n")}\r\n`.padEnd(1_900, "x");
  const first = await upload(gateway, large(), as);
  for (let count = 0; count < 3; count++) await upload(gateway, large(), as);
  const given = { uploadId: first, mode: "BOTH", reading: { matchBy: "EMPLOYEE_NUMBER" } };
  await gateway.run(IMPORT, { input: given }, holder.token);
  const refused = await send(gateway, large(), as);
  expect([refused.statusCode, refused.headers["retry-after"]]).toEqual([429, "60"]);
  await gateway.imports.planner.run();
  await upload(gateway, large(), as);
  expect(await gateway.refusal(IMPORT, { input: given }, holder.token)).toMatchObject({
    extensions: { code: "NOT_FOUND" },
  });
});
