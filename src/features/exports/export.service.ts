import { sql } from "kysely";
import type { Asking } from "../../access/asking.ts";
import type { Author } from "../../access/author.ts";
import { carryOut } from "../../access/command.ts";
import { meetsValue } from "../../access/conditions.ts";
import type { Database } from "../../database/database.ts";
import type { TextRow } from "../../database/snapshot.ts";
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
import { type ExportColumn, type Exported, exportColumns } from "./export.columns.ts";
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
    const standing = isMasked
      ? [
          sql`u.user_id`,
          sql`to_json(u.unit_path)`,
          sql`to_json(${meetsValue(viewer, userCatalogue, "u") ?? sql`NULL::text`})`,
        ]
      : [];
    const read = [...columns.map(({ value }) => value), ...standing];
    const shown =
      format === "JSONL" ? columns.map((column) => (column.isJson ? { ...column, show: undefined } : column)) : columns;
    return { columns, rows: cellsOf(this.users.export(asking, search, read), shown) };
  }
}

const searchFor = (filter: object | undefined, orderBy: readonly UserSort[]): UserSearch => ({
  ...(filter ? { filter } : {}),
  orderBy,
  includeDeleted: false,
});

/** The cells of rows of texts; behind those of the columns stands what decides who may read them, where anything does. */
async function* cellsOf(
  parts: AsyncIterable<readonly TextRow[]>,
  columns: readonly ExportColumn[],
): AsyncGenerator<readonly (readonly Cell[])[]> {
  const isMasked = columns.some(({ mayRead }) => mayRead);
  const isShownAsRead = !isMasked && columns.every(({ show }) => !show);
  const cellsIn = (row: TextRow): Cell[] => {
    const person = isMasked ? personIn(row.slice(columns.length)) : undefined;
    return columns.map(({ show, mayRead }, place) => {
      const text = row[place] ?? null;
      if (text === null || (mayRead && !(person && mayRead(person)))) return null;
      return show ? show(text) : text;
    });
  };
  for await (const rows of parts) yield isShownAsRead ? rows : rows.map(cellsIn);
}

const personIn = ([userId, unitPath, meets]: TextRow): Exported => ({
  userId: userId as string,
  unitPath: JSON.parse(unitPath as string),
  meets: JSON.parse(meets ?? "null"),
});
