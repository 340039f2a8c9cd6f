import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { entities } from "../../../src/assembly.ts";
import type { Database } from "../../../src/database/database.ts";
import { ensureBootstrapToken } from "../../../src/features/auth/bootstrap-token.ts";
import { ServiceTokenService } from "../../../src/features/auth/service-token.service.ts";
import { resolveViewer } from "../../../src/features/auth/viewer.ts";
import { ALL_PERMISSIONS } from "../../../src/kernel/permissions.ts";
import { StartError } from "../../../src/kernel/start-error.ts";
import { databaseForTest, someCause } from "../../support/database.ts";

const fresh = async () => (await databaseForTest({ entities })).database;
const viewerOf = (database: Database, secret: string) => resolveViewer(database, `Bearer ${secret}`);
const tokens = (database: Database) => database.reader.selectFrom("service_token").selectAll().execute();
const everything = new Map(ALL_PERMISSIONS.map((permission) => [permission, "everywhere"]));

describe("The bootstrap token", () => {
  it("is made at random at the first start, which alone learns its secret", async () => {
    const database = await fresh();
    const secret = (await ensureBootstrapToken(database, undefined)) as string;
    expect(await viewerOf(database, secret)).toMatchObject({ kind: "SERVICE", name: "bootstrap", grants: everything });
    expect(await ensureBootstrapToken(database, undefined)).toBeUndefined();
    expect(await tokens(database)).toHaveLength(1);
  });

  it("is made once, however many gateways start at once", async () => {
    const database = await fresh();
    const secrets = await Promise.all(Array.from({ length: 4 }, () => ensureBootstrapToken(database, undefined)));
    expect(secrets.filter((secret) => secret !== undefined)).toHaveLength(1);
    expect(await tokens(database)).toHaveLength(1);
  });

  it("has the secret that is given, which is not told again", async () => {
    const database = await fresh();
    expect(await ensureBootstrapToken(database, "chosen-by-an-operator")).toBeUndefined();
    expect((await viewerOf(database, "chosen-by-an-operator"))?.grants).toEqual(everything);
  });

  it("follows the secret that is given, and the one before no longer holds", async () => {
    const database = await fresh();
    const first = (await ensureBootstrapToken(database, undefined)) as string;
    await ensureBootstrapToken(database, "second-secret");
    await ensureBootstrapToken(database, "third-secret");
    expect((await viewerOf(database, "third-secret"))?.name).toBe("bootstrap");
    for (const old of [first, "second-secret"])
      await expect(viewerOf(database, old)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await tokens(database)).toHaveLength(1);
  });

  it("writes nothing at a start that changes nothing", async () => {
    const database = await fresh();
    await ensureBootstrapToken(database, "chosen-by-an-operator");
    const before = await database.head();
    await ensureBootstrapToken(database, "chosen-by-an-operator");
    await ensureBootstrapToken(database, undefined);
    expect(await database.head()).toEqual(before);
  });

  it("is given the permissions that a later version adds", async () => {
    const database = await fresh();
    const secret = (await ensureBootstrapToken(database, undefined)) as string;
    await database.write(someCause, async (tx) => {
      await tx.sql
        .updateTable("service_token")
        .set({ permissions: sql`array_remove(permissions, 'SETTINGS_MANAGE')` })
        .execute();
    });
    expect((await viewerOf(database, secret))?.grants.has("SETTINGS_MANAGE")).toBe(false);
    await ensureBootstrapToken(database, undefined);
    expect((await viewerOf(database, secret))?.grants).toEqual(everything);
  });

  it("stays revoked until another secret is given", async () => {
    const database = await fresh();
    await ensureBootstrapToken(database, "first-secret");
    const [token] = await tokens(database);
    await new ServiceTokenService(database).revoke(someCause, token?.id as string);
    expect(await ensureBootstrapToken(database, "first-secret")).toBeUndefined();
    expect(await ensureBootstrapToken(database, undefined)).toBeUndefined();
    await expect(viewerOf(database, "first-secret")).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    await ensureBootstrapToken(database, "second-secret");
    expect((await viewerOf(database, "second-secret"))?.grants).toEqual(everything);
    await expect(ensureBootstrapToken(database, "first-secret")).rejects.toBeInstanceOf(StartError);
  });

  it("is not made where another token leads in, and does not take that one's secret", async () => {
    const database = await fresh();
    const holder = { permissions: ["USER_READ"], scopeIds: "everywhere" } as const;
    const { value } = await new ServiceTokenService(database).issue(someCause, {
      name: "other",
      holder,
      expiresAt: null,
    });
    expect(await ensureBootstrapToken(database, undefined)).toBeUndefined();
    await expect(ensureBootstrapToken(database, value.secret)).rejects.toBeInstanceOf(StartError);
    expect(await tokens(database)).toHaveLength(1);
  });
});
