import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { machineToken, makeUnit, makeUser } from "../../support/directory.ts";
import { gatewayForFile, testCustody } from "../../support/gateway.ts";
import { sealAll } from "../../support/sealing.ts";

const file = gatewayForFile();
const VERIFY = `query ($from: Position, $through: Position) { verifyAudit(from: $from, through: $through) {
  verified eventCount through firstBrokenPosition fault headHash } }`;
const verify = async (variables: object = {}) => (await file.gateway.run(VERIFY, variables)).verifyAudit;

describe("verifyAudit", () => {
  it("recomputes the chain, all of it or a range, and names the first position that does not verify", async () => {
    for (let i = 0; i < 5; i++) await makeUser(file.gateway);
    await sealAll(file.gateway.database, testCustody.keys);
    const { auditEvents } = await file.gateway.run(
      "{ auditEvents(orderBy: { direction: ASC }, first: 100) { totalCount nodes { position hash } } }",
    );
    const events: { position: string; hash: string }[] = auditEvents.nodes;
    const last = events.at(-1) as (typeof events)[number];
    expect(await verify()).toEqual({
      verified: true,
      eventCount: auditEvents.totalCount,
      through: last.position,
      firstBrokenPosition: null,
      fault: null,
      headHash: last.hash,
    });
    expect(await verify({ from: events[2]?.position, through: events[3]?.position })).toMatchObject({
      verified: true,
      eventCount: 2,
      through: events[3]?.position,
      headHash: events[3]?.hash,
    });

    const client = new pg.Client(file.gateway.database.connectionConfig.owner);
    await client.connect();
    const { rows } = await client.query<{ name: string }>(
      "SELECT name FROM audit_partition UNION ALL SELECT 'audit_log'",
    );
    for (const { name } of rows) await client.query(`ALTER TABLE ${name} DISABLE TRIGGER USER`);
    await client.query("UPDATE audit_log SET outcome = 'DENIED' WHERE encode(hash, 'hex') = $1", [events[3]?.hash]);
    await client.end();
    expect(await verify()).toMatchObject({
      verified: false,
      eventCount: 3,
      through: events[2]?.position,
      firstBrokenPosition: events[3]?.position,
      headHash: events[2]?.hash,
    });
    expect(await verify({ through: events[2]?.position })).toMatchObject({ verified: true });
    expect(await verify({ from: events[4]?.position })).toMatchObject({ verified: true });
  });

  it("says so where the checkpoint file cannot be believed", async () => {
    const { verified } = await verify();
    const folder = dirname(testCustody.checkpoint.path);
    mkdirSync(folder);
    onTestFinished(() => rmSync(folder, { recursive: true }));
    expect(await verify()).toMatchObject({ verified, fault: null });
    writeFileSync(testCustody.checkpoint.path, '{"position":"torn');
    expect(await verify()).toMatchObject({
      verified: false,
      eventCount: expect.any(Number),
      fault: expect.stringContaining("checkpoint file"),
    });
  });

  it("is for those who may read all of the log", async () => {
    const unit = await makeUnit(file.gateway);
    const refused = await file.gateway.refusal(VERIFY, {}, await machineToken(file.gateway, ["AUDIT_READ"], [unit.id]));
    expect(refused.extensions).toMatchObject({ code: "FORBIDDEN", permission: "AUDIT_READ" });
  });
});
