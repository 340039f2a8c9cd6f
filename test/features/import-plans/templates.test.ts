import { expect, it } from "vitest";
import { find, makeHolder, unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { apply } from "../bulk/support.ts";
import { csv, planFile } from "./support.ts";

const file = gatewayForFile();
const FIELDS = "id version name reading { matchBy clearEmpty dateFormat delimiter columns { header target } }";
const CREATE = `mutation ($input: CreateImportTemplateInput!) { createImportTemplate(input: $input) { template { ${FIELDS} } position } }`;
const UPDATE = `mutation ($input: UpdateImportTemplateInput!) { updateImportTemplate(input: $input) { template { ${FIELDS} } } }`;
const DELETE = "mutation ($input: DeleteImportTemplateInput!) { deleteImportTemplate(input: $input) { deletedId } }";

const READING = {
  matchBy: "EMPLOYEE_NUMBER",
  dateFormat: "DD.MM.YYYY",
  delimiter: ";",
  columns: [
    { header: "Nr.", target: "employeeNumber" },
    { header: "Name", target: "familyName" },
    { header: "Eintritt", target: "hiredOn" },
    { header: "Schuhe", target: "attributes.shoes" },
  ],
};

it("A template reads files as it says, by the formats that it declares, and only the columns that it maps", async () => {
  const { gateway } = file;
  const { createImportTemplate } = await gateway.run(CREATE, { input: { name: unique("Nightly"), reading: READING } });
  const { template } = createImportTemplate;
  expect(template).toMatchObject({ version: 1, reading: { clearEmpty: false, delimiter: ";" } });
  const n = unique("n");
  const content = Buffer.from(`Nr;Name;Eintritt;Schuhe;Rest\r\n${n};Müller;31.12.2020;41;x\r\n`, "utf16le");
  const marked = Buffer.concat([Buffer.from([0xff, 0xfe]), content]);
  const plan = await planFile(gateway, marked, { reading: undefined, templateId: template.id });
  expect(plan).toMatchObject({ state: "PLANNED", creatingCount: 1, target: { ignoredColumns: ["Rest"] } });
  await apply(gateway, plan.id);
  expect(
    await find(gateway, {
      and: [{ employeeNumber: { eq: n } }, { familyName: { eq: "Müller" } }, { hiredOn: { eq: "2020-12-31" } }],
    }),
  ).toHaveLength(1);
  const { node } = await gateway.run(`query ($id: ID!) { node(id: $id) { ... on ImportTemplate { ${FIELDS} } } }`, {
    id: template.id,
  });
  expect(node).toEqual(template);
});

it("Templates are changed and deleted at the version last seen, by whoever holds IMPORT_RUN everywhere", async () => {
  const { gateway } = file;
  const name = unique("Kept");
  const { id } = (await gateway.run(CREATE, { input: { name, reading: READING } })).createImportTemplate.template;
  expect(
    (await gateway.refusal(CREATE, { input: { name: name.toUpperCase(), reading: READING } })).extensions,
  ).toMatchObject({ code: "CONFLICT", field: "name" });
  const { updateImportTemplate } = await gateway.run(UPDATE, {
    input: { id, expectedVersion: 1, name: unique("Renamed") },
  });
  expect(updateImportTemplate.template.version).toBe(2);
  expect((await gateway.refusal(UPDATE, { input: { id, expectedVersion: 1 } })).extensions.code).toBe("STALE_VERSION");
  const { token } = await makeHolder(gateway, ["BULK_RUN"]);
  expect((await gateway.refusal(DELETE, { input: { id } }, token)).extensions).toMatchObject({
    code: "FORBIDDEN",
    permission: "IMPORT_RUN",
  });
  expect((await gateway.run(DELETE, { input: { id, expectedVersion: 2 } })).deleteImportTemplate.deletedId).toBe(id);
  expect((await gateway.refusal(DELETE, { input: { id } })).extensions.code).toBe("NOT_FOUND");
});

it("A mapping that could not be read is refused, all violations at once", async () => {
  const columns = [
    { header: "A", target: "shoeSize" },
    { header: "a.", target: "email" },
    { header: "B", target: "title" },
    { header: "C", target: "title" },
  ];
  const refused = await file.gateway.refusal(CREATE, {
    input: { name: "Bad", reading: { matchBy: "EMPLOYEE_NUMBER", columns } },
  });
  expect((refused.extensions.violations as { path: string }[]).map(({ path }) => path)).toEqual([
    "input.reading.columns[0].target",
    "input.reading.columns[1].header",
    "input.reading.columns[3].target",
    "input.reading.columns",
  ]);
  const formats = { matchBy: "EMAIL", dateFormat: "MM.DD", encoding: "ebcdic" };
  expect(
    (await file.gateway.refusal(CREATE, { input: { name: "Bad", reading: formats } })).extensions.violations,
  ).toHaveLength(2);
});

it("Without the columns that a file needs nothing is planned", async () => {
  const { gateway } = file;
  const plan = await planFile(gateway, csv(["email", "title", "Job title"], ["a@b.example", "x", "y"]));
  expect(plan).toMatchObject({ state: "FAILED", peopleCount: 0 });
  expect(plan.problem).toBe(
    "1:1: two columns fill title: title and Job title. no column holds employeeNumber, by which rows are matched; the header must name it, or a mapping.",
  );
});
