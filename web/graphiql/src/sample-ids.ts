import { headersFor } from "./headers.ts";

/** By the name of the placeholder that stands for it in the ready variables. */
export type SampleIds = Readonly<Record<string, string>>;

/** However the start of the gateway goes, the page must not wait for long. */
const PATIENCE_MS = 3_000;

const SAMPLES = `{
  users(
    filter: {
      status: { eq: ACTIVE }, employeeType: { eq: EMPLOYEE }, title: { contains: "Engineer" }
      manager: { isNull: false }, directReportCount: { eq: 0 }
    }
    first: 1
  ) { nodes { id } }
  managers: users(
    filter: { status: { eq: ACTIVE }, manager: { isNull: false }, directReportCount: { gt: 0 } }
    first: 1
  ) { nodes { id } }
  orgUnits(filter: { kind: TEAM }, first: 1) {
    nodes { id parent { id parent { children(first: 2) { nodes { id } } } } }
  }
  roles(privileged: false, last: 1) { nodes { key } }
}`;

/** One list of the answer; null where the token may not read it. */
type Some<Node> = { nodes: Node[] } | null;

interface Samples {
  users: Some<{ id: string }>;
  managers: Some<{ id: string }>;
  orgUnits: Some<{ id: string; parent: { id: string; parent: { children: Some<{ id: string }> } | null } | null }>;
  roles: Some<{ key: string }>;
}

/** Ids of people and units that exist, so that the ready operations run as they are. Without a token, or an answer, there are none. */
export async function sampleIds(token: string | undefined): Promise<SampleIds> {
  if (token === undefined) return {};
  try {
    const response = await fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", ...JSON.parse(headersFor(token)) },
      body: JSON.stringify({ query: SAMPLES }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const { data } = (await response.json()) as { data?: Samples | null };
    const unit = data?.orgUnits?.nodes[0];
    const ids = {
      USER_ID: data?.users?.nodes[0]?.id,
      MANAGER_ID: data?.managers?.nodes[0]?.id,
      ORG_UNIT_ID: unit?.id,
      NEW_PARENT_ID: unit?.parent?.parent?.children?.nodes.find(({ id }) => id !== unit.parent?.id)?.id,
      ROLE_KEY: data?.roles?.nodes[0]?.key,
    };
    return Object.fromEntries(Object.entries(ids).filter((entry): entry is [string, string] => entry[1] !== undefined));
  } catch {
    // Placeholders say as well what belongs there.
    return {};
  }
}
