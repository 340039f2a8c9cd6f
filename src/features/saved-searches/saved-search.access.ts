import { holdsAnywhere, reachOf, type Viewer } from "../../access/actor.ts";
import { requireAnywhere } from "../../access/policy.ts";
import { forbidden, invalidInput, notFound, RollcallError } from "../../kernel/errors.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { SavedSearchEntity, SavedSearchVisibility } from "./saved-search.entity.ts";

/** Whose a saved search is: a person's, or a machine's token's where there is no person behind the token. */
export type Owner = Pick<SavedSearchEntity, "ownerId" | "tokenId">;

/** The owner of what this viewer saves. */
export const ownerOf = ({ userId, id }: Viewer): Owner =>
  userId === null ? { ownerId: null, tokenId: id } : { ownerId: userId, tokenId: null };

const owns = (viewer: Viewer, search: Owner): boolean => {
  const { ownerId, tokenId } = ownerOf(viewer);
  return ownerId === null ? tokenId !== null && search.tokenId === tokenId : search.ownerId === ownerId;
};

/** Whether the viewer may see a search, of those who may search users at all. */
export const mayReadSearch = (viewer: Viewer, search: Owner & { visibility: string }): boolean =>
  search.visibility !== "PRIVATE" || owns(viewer, search);

/**
 * Passes where the viewer may change a saved search: their own, or, of those that others share, any where they hold SAVED_SEARCH_SHARE
 * everywhere, so that what is shared can be looked after when its owner has left. NOT_FOUND where they may not even see it.
 */
export function requireEditable(viewer: Viewer, search: Owner & Pick<SavedSearchEntity, "visibility">): void {
  if (owns(viewer, search)) return;
  if (search.visibility === "PRIVATE") throw notFound("saved search", "input.id");
  if (reachOf(viewer, "SAVED_SEARCH_SHARE") !== "everywhere") throw forbidden("SAVED_SEARCH_SHARE");
}

/** Passes where the viewer may show a search of this visibility to those who then see it. */
export function requireShareable(viewer: Viewer, visibility: SavedSearchVisibility): void {
  if (visibility !== "PRIVATE") requireAnywhere(viewer, "SAVED_SEARCH_SHARE");
}

const WATCHABLE = [...userCatalogue.fields.values()].filter((field) => field.show !== false);

/**
 * The fields to watch, each once. INVALID_INPUT for what is no field that a user shows, FIELD_FORBIDDEN for one that the viewer may
 * read of nobody but themselves.
 */
export function watchedFields(viewer: Viewer, names: readonly string[], path = "input.watch"): string[] {
  for (const [place, name] of names.entries()) {
    const inputPath = `${path}[${place}]`;
    const field = WATCHABLE.find((one) => one.name === name);
    if (!field)
      throw invalidInput([
        {
          path: inputPath,
          message: "is no field of User that can be watched.",
          allowed: WATCHABLE.map((one) => one.name),
        },
      ]);
    const permission = field.read.find((one) => !holdsAnywhere(viewer, one));
    if (permission)
      throw new RollcallError("FIELD_FORBIDDEN", `${field.name} may not be watched without ${permission}.`, {
        field: field.name,
        inputPath,
        permission,
      });
  }
  return [...new Set(names)];
}
