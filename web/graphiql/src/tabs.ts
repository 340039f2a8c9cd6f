import type { SampleIds } from "./sample-ids.ts";

/** The operations of schema/operations that are shown, in this order; the others are for programs. */
const SHOWN = [
  "search-people",
  "page-people",
  "person",
  "org-hierarchy",
  "roles",
  "sign-in-review",
  "create-user",
  "update-user",
  "suspend-user",
  "move-org-unit",
  "grant-role",
  "search-changes",
];

const texts = import.meta.glob<string>("../../../schema/operations/*.{graphql,json}", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** The tabs of a first visit. Placeholders such as <USER_ID> in their variables become ids, as far as ids are given. */
export const readyTabs = (ids: SampleIds): { query: string; variables?: string }[] =>
  SHOWN.map((name) => {
    const variables = texts[`../../../schema/operations/${name}.variables.json`];
    return {
      query: text(`${name}.graphql`),
      ...(variables && { variables: variables.trim().replace(/<(\w+)>/g, (whole, key) => ids[key] ?? whole) }),
    };
  });

function text(file: string): string {
  const found = texts[`../../../schema/operations/${file}`];
  if (found === undefined) throw new Error(`schema/operations has no ${file}.`);
  return found;
}
