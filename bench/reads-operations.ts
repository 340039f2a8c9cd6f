import { TypeID } from "typeid-js";
import { postRequest } from "./load.ts";
import { DELEGATE_TOKEN, TOKEN } from "./reads-database.ts";
import {
  DEPARTMENTS,
  LOCATIONS,
  publicUnit,
  publicUser,
  type Size,
  UNIT_BRANCHES,
  uuidAt,
  word,
} from "./reads-directory.ts";
import { type Asked, chanceFrom, randomFilters } from "./reads-filters.ts";

export const SIDES = ["rollcall", "peer", "limit"] as const;
export type Side = (typeof SIDES)[number];

/** One question as each side is asked it: the same ones in the same order. A side that cannot be asked has none. */
export interface Operation {
  name: string;
  /** Told by its latency on one connection, each request for itself, instead of by requests a second of many. */
  alone?: true;
  requests: Partial<Record<Side, readonly Buffer[]>>;
  /** The answers in one form, to see that they are equal. */
  comparable: Partial<Record<Side, (answer: never) => unknown>>;
  /** How many of the answers are compared. */
  compared?: number;
}

const rollcall = (query: string, variables: unknown, token = TOKEN) =>
  postRequest("/graphql", { query, variables }, { authorization: `Bearer ${token}`, accept: "application/json" });
const peer = (query: string, variables: unknown) => postRequest("/graphql", { query, variables });
const limit = (path: string, values: readonly unknown[], where?: string) => postRequest(path, { values, where });

/** Ids are compared as bare UUIDs, instants as numbers, and lists that are wrapped without what wraps them. */
export const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "string") {
    if (/^user_[0-9a-z]{26}$/.test(value)) return TypeID.fromString(value).toUUID();
    return /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : value;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0]?.[0] === "nodes") return plain(entries[0][1]);
  return Object.fromEntries(entries.map(([key, inner]) => [key, plain(inner)]));
};

type Answer = { data: Record<string, never> };
const page = ({ nodes, pageInfo }: { nodes: unknown; pageInfo?: object }) => plain({ nodes, ...pageInfo });
const pages = (mine: string): Operation["comparable"] => ({
  rollcall: ({ data }: Answer) => page(mine.split(".").reduce((value, key) => value[key] as never, data) as never),
  peer: ({ data }: Answer) => page(data.allUserSearches as never),
  limit: plain,
});

const LISTED = "nodes { id displayName title } pageInfo { hasNextPage }";
const PEER_LISTED = "nodes { id: userId displayName title } pageInfo { hasNextPage }";
const SEARCHED =
  "nodes { id displayName title department location hiredOn manager { id displayName } roles { key name } } pageInfo { hasNextPage }";
const PEER_SEARCHED =
  "nodes { id: userId displayName title department location hiredOn manager { id: userId displayName } roles { nodes { key name } } } pageInfo { hasNextPage }";
const ALIVE = { status: { notEqualTo: "DELETED" } };

function byId({ people }: Size): Operation {
  const places = spread(people, 2_000);
  const FIELDS = "username displayName status title department location email";
  return {
    name: "user by id, 8 fields",
    requests: {
      rollcall: places.map((place) =>
        rollcall(`query Person($id: ID!) { user(by: { id: $id }) { id ${FIELDS} } }`, { id: publicUser(place) }),
      ),
      peer: places.map((place) =>
        peer(`query Person($id: UUID!) { userSearchByUserId(userId: $id) { id: userId ${FIELDS} } }`, {
          id: uuidAt("user", place),
        }),
      ),
      limit: places.map((place) => limit("/person", [uuidAt("user", place)])),
    },
    comparable: {
      rollcall: ({ data }: Answer) => plain(data.user),
      peer: ({ data }: Answer) => plain(data.userSearchByUserId),
      limit: plain,
    },
  };
}

/** Status, department or location, no second factor, a role, hired after a day. */
function nestedFilters() {
  const chance = chanceFrom(3);
  return Array.from({ length: 100 }, () => {
    const [department, location] = [word("Department", chance(DEPARTMENTS)), word("Location", chance(LOCATIONS))];
    const role = `role-${String(chance(60)).padStart(2, "0")}`;
    const day = `20${String(8 + chance(5)).padStart(2, "0")}-01-01`;
    return {
      values: [department, location, role, day],
      rollcall: {
        status: { in: ["ACTIVE", "LOCKED"] },
        or: [{ department: { eq: department } }, { location: { eq: location } }],
        mfaEnrolled: { eq: false },
        roles: { any: [role] },
        hiredOn: { gt: day },
      },
      peer: {
        status: { in: ["ACTIVE", "LOCKED"] },
        or: [{ department: { equalTo: department } }, { location: { equalTo: location } }],
        mfaEnrolled: { equalTo: false },
        roleKeys: { contains: [role] },
        hiredOn: { greaterThan: day },
      },
    };
  });
}

const NESTED = `query Page($filter: UserFilter) { users(filter: $filter, orderBy: [{ field: FAMILY_NAME }], first: 50) { ${SEARCHED} } }`;
const PEER_NESTED = `query Page($filter: UserSearchFilter) { allUserSearches(filter: $filter, orderBy: [FAMILY_NAME_ASC, USER_ID_ASC], first: 50) { ${PEER_SEARCHED} } }`;

function nested(): Operation {
  const filters = nestedFilters();
  return {
    name: "nested filter page, 50 people with manager and roles",
    requests: {
      rollcall: filters.map((filter) => rollcall(NESTED, { filter: filter.rollcall })),
      peer: filters.map((filter) => peer(PEER_NESTED, { filter: filter.peer })),
      limit: filters.map(({ values }) => limit("/nested", values)),
    },
    comparable: pages("users"),
  };
}

/** What the token of the delegate is bounded by. */
const SCOPE = [10, 20];

/** Managers who stand out of the delegate's sight are shown to the others alone. */
const withoutManagers = (comparable: Operation["comparable"]): Operation["comparable"] =>
  Object.fromEntries(
    Object.entries(comparable).map(([side, make]) => [
      side,
      (answer: never) => {
        const { nodes, ...rest } = make(answer) as { nodes: { manager: unknown }[] };
        return { nodes: nodes.map(({ manager: _, ...person }) => person), ...rest };
      },
    ]),
  );

/** The same search by a delegated administrator; the others are told the bound. */
function scoped(): Operation[] {
  const filters = nestedFilters();
  const units = SCOPE.map((place) => uuidAt("unit", place));
  const within = { orgUnit: { withinAny: SCOPE.map(publicUnit) } };
  const others = {
    peer: filters.map((filter) => peer(PEER_NESTED, { filter: { ...filter.peer, unitPath: { overlaps: units } } })),
    limit: filters.map(({ values }) => limit("/scoped", [...values, units])),
  };
  return [
    {
      name: "the same by a delegated administrator",
      requests: {
        rollcall: filters.map(({ rollcall: own }) =>
          rollcall(NESTED, { filter: { ...own, ...within } }, DELEGATE_TOKEN),
        ),
        ...others,
      },
      comparable: withoutManagers(pages("users")),
    },
    {
      name: "the same bound, asked by somebody whom nothing bounds",
      requests: { rollcall: filters.map(({ rollcall: own }) => rollcall(NESTED, { filter: { ...own, ...within } })) },
      comparable: {},
    },
  ];
}

const deepOf = (id: string, roles: string, events: string) => {
  const person = (more: string) => `${id} displayName ${roles} ${more}`;
  return `nodes { ${person(`manager { ${person(`manager { ${person(`manager { ${person("")} }`)} }`)} } ${events}`)} } pageInfo { hasNextPage }`;
};

function deep({ units }: Size): Operation {
  const places = spread(units, 200);
  const own = deepOf("id", "roles { key name }", "auditEvents(first: 5) { nodes { action occurredAt outcome } }");
  const theirs = deepOf(
    "id: userId",
    "roles { nodes { key name } }",
    "auditEvents(first: 5, orderBy: [COMMIT_NUMBER_DESC, ORDINAL_DESC]) { nodes { action occurredAt: at outcome } }",
  );
  return {
    name: "20 people × 3 managers × roles × 5 audit events",
    requests: {
      rollcall: places.map((place) =>
        rollcall(`query Deep($filter: UserFilter) { users(filter: $filter, first: 20) { ${own} } }`, {
          filter: { orgUnit: { eq: publicUnit(place) } },
        }),
      ),
      peer: places.map((place) =>
        peer(
          `query Deep($filter: UserSearchFilter) { allUserSearches(filter: $filter, orderBy: [DISPLAY_NAME_ASC, USER_ID_ASC], first: 20) { ${theirs} } }`,
          {
            filter: { ...ALIVE, orgUnitId: { equalTo: uuidAt("unit", place) } },
          },
        ),
      ),
      limit: places.map((place) => limit("/deep", [uuidAt("unit", place)])),
    },
    comparable: pages("users"),
  };
}

function text(): Operation {
  const chance = chanceFrom(11);
  const GIVEN = ["anbe", "caan", "doel", "fiel", "gahu", "iljo", "kalu", "mino", "olpa"];
  const searches = Array.from({ length: 100 }, () => [
    GIVEN[chance(GIVEN.length)] as string,
    ["bar", "cor", "den", "fal", "gor", "hel"][chance(6)] as string,
  ]);
  const FIELDS = "displayName title username email";
  const like = (part: string) => `% ${part}%`;
  return {
    name: "text search, 20 people",
    requests: {
      rollcall: searches.map((parts) =>
        rollcall(
          `query Text($text: String!) { users(filter: { text: $text }, first: 20) { nodes { id ${FIELDS} } pageInfo { hasNextPage } } }`,
          { text: parts.join(" ") },
        ),
      ),
      peer: searches.map((parts) =>
        peer(
          `query Text($filter: UserSearchFilter) { allUserSearches(filter: $filter, orderBy: [DISPLAY_NAME_ASC, USER_ID_ASC], first: 20) { nodes { id: userId ${FIELDS} } pageInfo { hasNextPage } } }`,
          {
            filter: { and: [ALIVE, ...parts.map((part) => ({ words: { like: like(part) } }))] },
          },
        ),
      ),
      limit: searches.map((parts) => limit("/text", parts.map(like))),
    },
    comparable: pages("users"),
  };
}

function members({ units }: Size): Operation {
  const places = Array.from({ length: Math.min(units - 1, UNIT_BRANCHES ** 2) }, (_, place) => place + 1);
  return {
    name: "an org subtree's members, 50 people",
    requests: {
      rollcall: places.map((place) =>
        rollcall(
          `query Members($id: ID!) { orgUnit(by: { id: $id }) { members(includeDescendants: true, first: 50) { ${LISTED} } } }`,
          { id: publicUnit(place) },
        ),
      ),
      peer: places.map((place) =>
        peer(
          `query Members($filter: UserSearchFilter) { allUserSearches(filter: $filter, orderBy: [DISPLAY_NAME_ASC, USER_ID_ASC], first: 50) { ${PEER_LISTED} } }`,
          {
            filter: { ...ALIVE, unitPath: { contains: [uuidAt("unit", place)] } },
          },
        ),
      ),
      limit: places.map((place) => limit("/members", [uuidAt("unit", place)])),
    },
    comparable: pages("orgUnit.members"),
  };
}

/** A place in the listing, as each side says where it is. */
export interface Deep {
  pageNumber: number;
  rollcall: string;
  peer: string;
  limit: readonly [displayName: string, id: string];
}

function listing(at: Deep): Operation[] {
  const own = `query List($after: String) { users(first: 50, after: $after) { ${LISTED} } }`;
  const theirs = `query List($after: Cursor) { allUserSearches(filter: { status: { notEqualTo: "DELETED" } }, orderBy: [DISPLAY_NAME_ASC, USER_ID_ASC], first: 50, after: $after) { ${PEER_LISTED} } }`;
  return [
    {
      name: "page 1 of a listing",
      requests: { rollcall: [rollcall(own, {})], peer: [peer(theirs, {})], limit: [limit("/first", [])] },
      comparable: pages("users"),
    },
    {
      name: `page ${at.pageNumber.toLocaleString("en")} of a listing`,
      requests: {
        rollcall: [rollcall(own, { after: at.rollcall })],
        peer: [peer(theirs, { after: at.peer })],
        limit: [limit("/after", at.limit)],
      },
      comparable: pages("users"),
    },
  ];
}

function counts(asked: readonly Asked[]): Operation {
  return {
    name: "count of a nested filter",
    alone: true,
    compared: asked.length,
    requests: {
      rollcall: asked.map(({ rollcall: filter }) =>
        rollcall("query Count($filter: UserFilter) { users(filter: $filter, first: 1) { totalCount } }", { filter }),
      ),
      peer: asked.map(({ peer: filter }) =>
        peer("query Count($filter: UserSearchFilter) { allUserSearches(filter: $filter) { totalCount } }", { filter }),
      ),
      limit: asked.map(({ sql }) => limit("/count", [], sql)),
    },
    comparable: {
      rollcall: ({ data }: Answer) => plain(data.users),
      peer: ({ data }: Answer) => plain(data.allUserSearches),
      limit: plain,
    },
  };
}

const FACETS = ["department", "location", "status", "title"] as const;
type Grouped = { keys: [string]; sum: { version: string } };

function facets(asked: readonly Asked[]): Operation {
  const by = FACETS.map((field) => `{ field: ${field.toUpperCase()} }`).join(" ");
  const groups = FACETS.map(
    (field) => `${field}: groupedAggregates(groupBy: [${field.toUpperCase()}]) { keys sum { version } }`,
  ).join(" ");
  return {
    name: "facets by four fields over a filter",
    alone: true,
    compared: asked.length,
    requests: {
      rollcall: asked.map(({ rollcall: filter }) =>
        rollcall(
          `query Facets($filter: UserFilter) { users(filter: $filter, first: 1) { facets(by: [${by}], top: 200) { field buckets { value count } } } }`,
          { filter },
        ),
      ),
      // It has no count; everybody's version is one, so that the sum of versions is how many they are.
      peer: asked.map(({ peer: filter }) =>
        peer(`query Facets($filter: UserSearchFilter) { allUserSearches(filter: $filter) { ${groups} } }`, { filter }),
      ),
      limit: asked.map(({ sql }) => limit("/facets", [], sql)),
    },
    comparable: {
      rollcall: ({ data }: Answer) =>
        Object.fromEntries(
          (data.users as unknown as { facets: { field: string; buckets: { value: string; count: number }[] }[] }).facets
            .filter(({ buckets }) => buckets.length > 0)
            .map(({ field, buckets }) => [
              field.toLowerCase(),
              Object.fromEntries(buckets.map(({ value, count }) => [value, count])),
            ]),
        ),
      peer: ({ data }: Answer) =>
        Object.fromEntries(
          FACETS.map(
            (field) =>
              [
                field,
                Object.fromEntries(
                  ((data.allUserSearches as unknown as Record<string, Grouped[]>)[field] ?? []).map(({ keys, sum }) => [
                    keys[0],
                    Number(sum.version),
                  ]),
                ),
              ] as const,
          ).filter(([, buckets]) => Object.keys(buckets).length > 0),
        ),
      limit: (answer: object | null) => answer ?? {},
    },
  };
}

/** Every operation, in the order in which it is measured. */
export function operationsOn(size: Size, at: Deep): Operation[] {
  const asked = randomFilters(200, size);
  // Facets are asked about what many people have in common: the first of the filters by themselves would often find few.
  const wide = asked.filter((_, place) => place % 10 === 0);
  return [
    byId(size),
    nested(),
    ...scoped(),
    deep(size),
    text(),
    members(size),
    ...listing(at),
    counts(asked),
    facets(wide),
  ];
}

const spread = (all: number, wanted: number): number[] => {
  const step = Math.max(1, Math.floor(all / wanted));
  return Array.from({ length: Math.min(all, wanted) }, (_, place) => place * step);
};
