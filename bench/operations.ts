import { TypeID } from "typeid-js";
import { DEPARTMENTS, type Directory, LOCATIONS, ROLES } from "./directory.ts";
import { postRequest } from "./load.ts";

/** One question, as the gateway and the hand-written endpoint are asked it: the same ones in the same order. */
export interface Operation {
  name: string;
  gateway: readonly Buffer[];
  endpoint: readonly Buffer[];
  /** The gateway's answer in the endpoint's form, to see that they are equal. */
  comparable(answer: unknown): unknown;
}

const PERSON = `query Person($id: ID!) {
  user(by: { id: $id }) { id username displayName status title department location email } }`;

const PAGE = `query Page($filter: UserFilter) {
  users(filter: $filter, orderBy: [{ field: FAMILY_NAME }], first: 50) {
    nodes { id displayName title department location hiredOn manager { id displayName } roles { key name } }
    pageInfo { hasNextPage } } }`;

const HIRED_AFTER = "2008-01-01";
const PEOPLE_ASKED = 1_000;

/** A person by id, and a page of fifty of a nested filter. Ids and filters differ from request to request. */
export function operationsOn({ userIds }: Directory, token: string): Operation[] {
  const graphql = (query: string, variables: unknown) =>
    postRequest("/graphql", { query, variables }, { authorization: `Bearer ${token}`, accept: "application/json" });
  const step = Math.max(1, Math.floor(userIds.length / PEOPLE_ASKED));
  const ids = userIds.filter((_, place) => place % step === 0);
  const searches = DEPARTMENTS.map((department, place) => ({
    department,
    location: LOCATIONS[place % LOCATIONS.length] as string,
    role: ROLES[place % ROLES.length] as string,
    hiredAfter: HIRED_AFTER,
  }));
  return [
    {
      name: "user by id",
      gateway: ids.map((id) => graphql(PERSON, { id: publicId(id) })),
      endpoint: ids.map((id) => postRequest("/person", { id })),
      comparable: (answer) => bare((answer as { data: { user: unknown } }).data.user),
    },
    {
      name: "search page of 50",
      gateway: searches.map((search) => graphql(PAGE, { filter: filterOf(search) })),
      endpoint: searches.map((search) => postRequest("/page", search)),
      comparable: (answer) => {
        const { nodes, pageInfo } = (answer as { data: { users: { nodes: unknown; pageInfo: object } } }).data.users;
        return bare({ nodes, ...pageInfo });
      },
    },
  ];
}

const filterOf = ({ department, location, role, hiredAfter }: Record<string, string>) => ({
  status: { in: ["ACTIVE", "LOCKED"] },
  or: [{ department: { eq: department } }, { location: { eq: location } }],
  mfaEnrolled: { eq: false },
  roles: { any: [role] },
  hiredOn: { gt: hiredAfter },
});

const publicId = (uuid: string): string => TypeID.fromUUID("user", uuid).toString();

/** The endpoint answers with bare UUIDs, which spares it the encoding. */
const bare = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, inner) =>
    key === "id" && typeof inner === "string" ? TypeID.fromString(inner).toUUID() : inner,
  );
