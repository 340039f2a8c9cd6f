import { describe, expect, it } from "vitest";
import { grant, makeHolder, makeRole, makeUnit, makeUser, unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { planOf } from "../bulk/support.ts";
import { csv, IMPORT, importOf, planFile, upload } from "./support.ts";

const file = gatewayForFile();
const RUN = ["IMPORT_RUN", "BULK_RUN"] as const;
const CORRECT =
  "mutation ($input: CreateImportCorrectionInput!) { createImportCorrection(input: $input) { path expiresAt planId position } }";
const CREATE = "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }";

/** Somebody who runs imports over one unit, with these permissions there. */
async function runner(permissions: readonly string[]): Promise<{ token: string; unit: string }> {
  const { gateway } = file;
  const unit = (await makeUnit(gateway)).id;
  const holder = await makeHolder(gateway, [...RUN]);
  const { key } = await makeRole(gateway, permissions as never);
  await grant(gateway, holder.id, key, { scopeId: unit });
  return { token: holder.token, unit };
}

describe("A file of somebody who sees a part of the directory", () => {
  it("tells no more of people out of sight than createUser does, and changes none of them", async () => {
    const { gateway } = file;
    const { token, unit } = await runner(["USER_READ", "USER_CREATE", "USER_UPDATE"]);
    const elsewhere = await makeUnit(gateway);
    const n = unique("n");
    await makeUser(gateway, { employeeNumber: `${n}-there`, orgUnitId: elsewhere.id, title: "Hidden" });
    const rows = (numbers: string[]) =>
      csv(["employeeNumber", "title", "orgUnit"], ...numbers.map((number) => [number, "New", unit]));
    const both = await planFile(gateway, rows([`${n}-there`, `${n}-new`]), { skipErrors: true }, { token });
    expect(both).toMatchObject({ creatingCount: 1, changingCount: 1, errorCount: 1 });
    const problem = both.items.nodes.find(({ finding }: { finding: string }) => finding === "ERROR").problem;
    const single = await gateway.refusal(
      CREATE,
      { input: { username: unique("u"), employeeNumber: `${n}-there`, orgUnitId: unit } },
      token,
    );
    expect(problem.message).toBe(single.message);
    const update = await planFile(gateway, rows([`${n}-there`, `${n}-nowhere`]), { mode: "UPDATE" }, { token });
    const said = update.problems.nodes.map(({ message }: { message: string }) => message);
    expect(said).toEqual([said[0], said[0]]);
    const managed = csv(
      ["employeeNumber", "orgUnit", "manager"],
      [`${n}-a`, unit, `${n}-there`],
      [`${n}-b`, unit, `${n}-nowhere`],
    );
    const managers = await planFile(gateway, managed, {}, { token });
    const words = managers.problems.nodes.map(({ message }: { message: string }) => message);
    expect(words).toEqual([words[0], words[0]]);
  });

  it("matches nobody by what may not be read of them", async () => {
    const { gateway } = file;
    const { token, unit } = await runner(["USER_READ", "USER_CREATE", "USER_UPDATE"]);
    const email = `${unique("e")}@x.example`;
    await makeUser(gateway, { email, orgUnitId: unit });
    const plan = await planFile(
      gateway,
      csv(["email", "title"], [email, "x"], [`${unique("e")}@x.example`, "x"]),
      { mode: "UPDATE", reading: { matchBy: "EMAIL" } },
      { token },
    );
    const said = plan.problems.nodes.map(({ message }: { message: string }) => message);
    expect(said).toEqual([said[0], said[0]]);
  });

  it("puts an error beside those over whom a permission is missing, and units that may not be known lead nowhere", async () => {
    const { gateway } = file;
    const { token, unit } = await runner(["USER_READ", "USER_CREATE"]);
    const code = unique("SECRET");
    await makeUnit(gateway, { code });
    const n = unique("n");
    await makeUser(gateway, { employeeNumber: n, orgUnitId: unit });
    expect(
      (
        await gateway.refusal(
          IMPORT,
          {
            input: {
              uploadId: await upload(gateway, csv(["employeeNumber"], [n]), { token }),
              mode: "BOTH",
              reading: { matchBy: "EMPLOYEE_NUMBER" },
            },
          },
          token,
        )
      ).extensions,
    ).toMatchObject({ code: "FORBIDDEN", permission: "USER_UPDATE" });
    const plan = await planFile(
      gateway,
      csv(["employeeNumber", "orgUnit"], [`${n}-1`, code], [`${n}-2`, "none"], [`${n}-3`, ""]),
      { mode: "CREATE", skipErrors: true },
      { token },
    );
    expect(plan.problems.nodes.map(({ address }: { address: string }) => address)).toEqual(["B2", "B3", "4:4"]);
    const said = plan.problems.nodes.map(({ message }: { message: string }) => message);
    expect(said[0]).toBe(said[1]);
    expect(
      plan.items.nodes.find((item: { problem: { permission: string } | null }) => item.problem?.permission),
    ).toMatchObject({ problem: { permission: "USER_CREATE" } });
  });

  it("is seen by its planner and holders of BULK_RUN everywhere, and given back corrected to its planner alone", async () => {
    const { gateway } = file;
    const { token, unit } = await runner(["USER_READ", "USER_CREATE", "USER_UPDATE"]);
    const n = unique("n");
    const plan = await planFile(
      gateway,
      csv(["employeeNumber", "country", "orgUnit"], [`${n}-1`, "Germany", unit], [`${n}-2`, "DE", unit]),
      {},
      { token },
    );
    expect(await planOf(gateway, plan.id)).toMatchObject({ id: plan.id });
    expect((await importOf(gateway, plan.id)).problems.totalCount).toBe(1);
    const { token: other } = await makeHolder(gateway, ["IMPORT_RUN"]);
    const input = { planId: plan.id, format: "CSV" };
    expect((await gateway.refusal(CORRECT, { input }, other)).extensions.code).toBe("NOT_FOUND");
    expect((await gateway.refusal(CORRECT, { input })).extensions.code).toBe("CONFLICT");
    const { path } = (await gateway.run(CORRECT, { input }, token)).createImportCorrection;
    const response = await gateway.server.inject({ method: "GET", url: path });
    expect(response.body).toBe(
      `employeeNumber,country,orgUnit,Errors\r\n${n}-1,Germany,${unit},B2: must have at most 2 characters.\r\n${n}-2,DE,${unit},\r\n`,
    );
    const fixed = response.body.replace("Germany", "DE");
    expect(await planFile(gateway, fixed, {}, { token })).toMatchObject({ state: "PLANNED", creatingCount: 2 });
  });

  it("is not given back to whoever may not run imports any more", async () => {
    const { gateway } = file;
    const { grantId, token } = await makeHolder(gateway, ["IMPORT_RUN", "BULK_RUN", "USER_CREATE", "USER_UPDATE"]);
    const plan = await planFile(gateway, csv(["employeeNumber", "country"], [unique("n"), "Germany"]), {}, { token });
    const input = { planId: plan.id, format: "CSV" };
    const { path } = (await gateway.run(CORRECT, { input }, token)).createImportCorrection;
    await gateway.run("mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }", {
      input: { grantId },
    });
    expect((await gateway.server.inject({ method: "GET", url: path })).statusCode).toBe(404);
  });
});
