import type { TestGateway } from "../../support/gateway.ts";
import { type Plan, planOf } from "../bulk/support.ts";

/*
 * Files for tests: uploaded, planned and looked at through the API.
 */

export const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
export const IMPORT =
  "mutation ($input: PlanImportInput!) { planImport(input: $input) { plan { id state } position } }";
const PROBLEMS = `query ($id: ID!) { bulkPlan(id: $id) { problemCount creatingCount missingCount
  problems(first: 200) { totalCount nodes { address row column message } } items(first: 500) { nodes { userId row user { id } } } } }`;

/** Lines of cells as CSV. */
export const csv = (...lines: readonly (readonly (string | number)[])[]): string =>
  lines.map((cells) => `${cells.join(",")}\r\n`).join("");

/** Sends a file; gives the response. */
export const send = (
  gateway: TestGateway,
  content: string | Buffer,
  {
    token = gateway.admin,
    name = "people.csv",
    type = "text/csv",
  }: { token?: string; name?: string; type?: string } = {},
) =>
  gateway.server.inject({
    method: "POST",
    url: `/import?name=${encodeURIComponent(name)}`,
    headers: { "content-type": type, authorization: `Bearer ${token}` },
    payload: content,
  });

/** Uploads a file; gives its id. */
export async function upload(
  gateway: TestGateway,
  content: string | Buffer,
  as: Parameters<typeof send>[2] = {},
): Promise<string> {
  const response = await send(gateway, content, as);
  if (response.statusCode >= 300) throw new Error(`${response.statusCode}: ${response.body}`);
  return response.json().uploadId;
}

/** Uploads and plans a file, to the end of planning. */
export async function planFile(
  gateway: TestGateway,
  content: string | Buffer,
  input: object = {},
  as: Parameters<typeof send>[2] = {},
): Promise<Plan> {
  const uploadId = await upload(gateway, content, as);
  const given = { uploadId, mode: "BOTH", reading: { matchBy: "EMPLOYEE_NUMBER" }, ...input };
  const { planImport } = await gateway.run(IMPORT, { input: given }, as.token);
  await gateway.imports.planner.run();
  return importOf(gateway, planImport.plan.id, as.token);
}

/** A plan of a file as it stands, with what is wrong with the file. */
export async function importOf(gateway: TestGateway, id: string, token?: string): Promise<Plan> {
  const { bulkPlan } = await gateway.run(PROBLEMS, { id }, token);
  return {
    ...(await planOf(gateway, id, token)),
    ...bulkPlan,
    items: (await planOf(gateway, id, token)).items,
    people: bulkPlan.items.nodes,
  };
}
