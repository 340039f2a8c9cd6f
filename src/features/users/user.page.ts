import type { Page } from "../../graphql/paging.ts";
import type { FacetRequest } from "./user.facets.ts";
import type { Facet, User } from "./user.types.ts";

/** A page of users, and counts over the whole result that it is a page of; both counts run only where they are asked for. */
export class UserPage {
  constructor(
    private readonly page: Page<User>,
    readonly facets: (wanted: readonly FacetRequest[], top: number) => Promise<Facet[]>,
  ) {}

  get edges() {
    return this.page.edges;
  }

  get nodes() {
    return this.page.nodes;
  }

  get pageInfo() {
    return this.page.pageInfo;
  }

  get position() {
    return this.page.position;
  }

  get totalCount() {
    return this.page.totalCount;
  }
}
