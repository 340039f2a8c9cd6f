import { type RawBuilder, sql } from "kysely";
import type { Asking } from "../../access/asking.ts";
import type { Author } from "../../access/author.ts";
import { carryOut } from "../../access/command.ts";
import { meetsValue } from "../../access/conditions.ts";
import type { Database } from "../../database/database.ts";
import type { Written } from "../../database/transaction.ts";
import { invalidInput, notFound } from "../../kernel/errors.ts";
import { parseFilter } from "../../search/parse.ts";
import { printText } from "../../search/text-form.ts";
import { ownerOf } from "../saved-searches/saved-search.access.ts";
import type { SavedSearchQueries } from "../saved-searches/saved-search.queries.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { UserSort } from "../users/user.order.ts";
import type { UserQueries, UserSearch } from "../users/user.queries.ts";
import type { Cell } from "./export.cells.ts";
import { type ExportColumn, exportColumns } from "./export.columns.ts";
import type { ExportFormat } from "./export.formats.ts";
import type { ExportContent, ExportLinks, ExportProducer, IssuedExport, TakenExport } from "./export.links.ts";
import { type ExportRights, type KeptRights, keptRights } from "./export.rights.ts";

export interface CreateExport {
  filter: object | undefined;
  savedSearchId: string | undefined;
  orderBy: readonly UserSort[];
  columns: readonly string[];
  format: ExportFormat;
  reason: string | null;
}

interface SearchPayload {
  filter: object | null;
  orderBy: readonly UserSort[];
  columns: readonly string[];
  rights: KeptRights;
}

const KIND = "SEARCH";

/** Gives links to what a search finds. What may not be asked, or not be read, is refused when the link is asked for. */
export class ExportService {
  constructor(
    private readonly database: Database,
    private readonly users: UserQueries,
    private readonly searches: SavedSearchQueries,
    private readonly links: ExportLinks,
  ) {}

  async create(author: Author & Asking, command: CreateExport): Promise<Written<IssuedExport>> {
    const { viewer } = author;
    exportColumns(viewer, command.columns, "input.columns");
    const filter = await this.#filterOf(author, command);
    const { orderBy, columns, format, reason } = command;
    await this.users.requireExportable(author, searchFor(filter, orderBy));
    const { ownerId: userId, tokenId } = ownerOf(viewer);
    const payload = { filter: filter ?? null, orderBy, columns, rights: keptRights(viewer) };
    const filterText = printText(parseFilter(filter, { catalogue: userCatalogue }), userCatalogue);
    return carryOut(
      this.database,
      author,
      { mutation: "createExport", action: "export.created" },
      { reason, idempotencyKey: null },
      (tx) => this.links.issue(tx, { kind: KIND, format, payload, owner: { userId, tokenId }, filterText, columns }),
    );
  }

  async #filterOf(author: Author, { filter, savedSearchId }: CreateExport): Promise<object | undefined> {
    if (savedSearchId === undefined) return filter;
    if (filter !== undefined)
      throw invalidInput([{ path: "input.filter", message: "must not be given beside savedSearchId." }]);
    const [search] = await this.searches.byIds(author.viewer, [savedSearchId]);
    if (!search) throw notFound("saved search", "input.savedSearchId");
    return search.filter;
  }
}

/** Makes the files of searches: as their owner may read each person's row, at the moment of the snapshot. */
export class SearchExports implements ExportProducer {
  readonly kind = KIND;
  readonly fileName = "people";

  constructor(
    private readonly users: UserQueries,
    private readonly rights: ExportRights,
    private readonly dateOf: (instant: Date) => string,
  ) {}

  async open({ format, payload, user_id: userId, token_id: tokenId }: TakenExport): Promise<ExportContent> {
    const { filter, orderBy, columns: names, rights } = payload as unknown as SearchPayload;
    const viewer = await this.rights.viewerOf({ userId, tokenId }, rights);
    const asking: Asking = { viewer, now: viewer.now, today: this.dateOf(viewer.now) };
    const columns = exportColumns(viewer, names, "columns");
    const search = searchFor(filter ?? undefined, orderBy);
    await this.users.requireExportable(asking, search);
    const isMasked = columns.some(({ mayRead }) => mayRead);
    if (format === "JSONL" && !isMasked && columns.every(({ isJson }) => isJson))
      return { columns, lines: this.users.export(asking, search, lineOf(columns)) };
    const standing = isMasked
      ? [sql`u.user_id`, sql`u.unit_path`, meetsValue(viewer, userCatalogue, "u") ?? sql`NULL`]
      : [];
    const read = [...columns.map(({ value }) => value), ...standing];
    return { columns, rows: cellsOf(this.users.export(asking, search, arraysOf(read)), columns, isMasked) };
  }
}

const searchFor = (filter: object | undefined, orderBy: readonly UserSort[]): UserSearch => ({
  ...(filter ? { filter } : {}),
  orderBy,
  includeDeleted: false,
});

/** More arguments no function takes. */
const ARGUMENTS = 90;

/** Texts that a function makes of as many values as it takes, with commas between them. */
const inGroups = (values: readonly RawBuilder<unknown>[], text: (group: RawBuilder<unknown>) => RawBuilder<string>) => {
  const groups = Array.from({ length: Math.ceil(values.length / ARGUMENTS) }, (_, group) =>
    text(sql.join(values.slice(group * ARGUMENTS, (group + 1) * ARGUMENTS))),
  );
  return sql<string>`${sql.join(groups, sql` || ',' || `)}`;
};

/** Values as JSON arrays of as many as may be: one text a row is far less work, here and there, than a value for each cell. */
const arraysOf = (values: readonly RawBuilder<unknown>[]): RawBuilder<string> =>
  inGroups(values, (group) => sql`json_build_array(${group})::text`);

/** A row as a JSON object, which is passed on as the database writes it. */
const lineOf = (columns: readonly ExportColumn[]): RawBuilder<string> => {
  const members = columns.map(
    ({ name, value }) => sql`${`${JSON.stringify(name)}:`}::text || coalesce(to_json(${value})::text, 'null')`,
  );
  return sql`'{' || ${inGroups(members, (group) => sql`concat_ws(',', ${group})`)} || '}'`;
};

/** The cells of rows of values; behind the values of the columns stands what decides who may read them, where anything does. */
async function* cellsOf(
  parts: AsyncIterable<readonly string[]>,
  columns: readonly ExportColumn[],
  isMasked: boolean,
): AsyncGenerator<Cell[][]> {
  const isShownAsRead = !isMasked && columns.every(({ show }) => !show);
  const cellsIn = (row: unknown[]): Cell[] => {
    const [userId, unitPath, meets] = row.slice(columns.length) as [string, string[], string[] | null];
    return columns.map(({ show, mayRead }, place) => {
      const value = row[place] ?? null;
      if (mayRead && !mayRead({ userId, unitPath, meets })) return null;
      return show ? show(value) : (value as Cell);
    });
  };
  for await (const texts of parts) {
    const read = JSON.parse(`[[${texts.join("],[")}]]`) as unknown[][][];
    const rows = read.map((arrays) => (arrays.length === 1 ? (arrays[0] as unknown[]) : arrays.flat()));
    yield isShownAsRead ? (rows as Cell[][]) : rows.map(cellsIn);
  }
}
