import type { Page } from "../../graphql/paging.ts";
import type { FacetRequest } from "./user.facets.ts";
import type { Facet, User } from "./user.types.ts";

/** A page of users, and counts over the whole result that it is a page of. Each is read only where it is asked for, and once. */
export class UserPage {
  #page: Promise<Page<User>> | undefined;

  constructor(
    private readonly read: () => Promise<Page<User>>,
    private readonly total: () => Promise<number>,
    readonly facets: (wanted: readonly FacetRequest[], top: number) => Promise<Facet[]>,
  ) {}

  get edges() {
    return this.#read().then(({ edges }) => edges);
  }

  get nodes() {
    return this.#read().then(({ nodes }) => nodes);
  }

  get pageInfo() {
    return this.#read().then(({ pageInfo }) => pageInfo);
  }

  get position() {
    return this.#read().then(({ position }) => position);
  }

  get totalCount() {
    return this.total();
  }

  #read(): Promise<Page<User>> {
    this.#page ??= this.read();
    return this.#page;
  }
}
