import type { Catalogue, Field } from "./field.ts";
import { kindOf, operatorsOf } from "./operator-of.ts";

/** What a catalogue's part of FIELDS.md says before its table. */
export interface Chapter {
  title: string;
  introduction: string;
  catalogue: Catalogue;
}

/** FIELDS.md: every field of the catalogues, with what it means, who may read it and what may be asked about it. */
export function fieldsDocument(chapters: readonly Chapter[]): string {
  const parts = chapters.map(({ title, introduction, catalogue }) =>
    [
      `## ${title}`,
      introduction,
      table(
        ["field", "meaning", "operators", "order", "facet", "read permissions"],
        [...catalogue.fields.values()].map((field) => [
          `\`${field.name}\``,
          meaningOf(field),
          operatorsText(field),
          field.order ? `\`${field.order}\`` : "",
          field.facet ? `\`${field.facet}\`` : "",
          field.read.map((permission) => `\`${permission}\``).join(", "),
        ]),
      ),
    ].join("\n\n"),
  );
  return [
    "# Fields",
    "What can be read and asked about, made from the catalogue in the sources. [FILTER.md](FILTER.md) says what the operators mean.",
    ...parts,
    choices(chapters),
  ]
    .join("\n\n")
    .concat("\n");
}

const meaningOf = (field: Field): string =>
  [field.describe, ...(field.choice ? [`One of ${choiceLink(field.choice.name)}.`] : [])].join(" ");

/** The operators as a filter names them; where the filter takes the operand itself, the field is its own operator. */
function operatorsText(field: Field): string {
  if (!field.filter) return "not in filters";
  if (field.shorthand || field.kind === "words") return "the value itself";
  if (field.kind === "attributes") return "those of the attribute's type, by `key`";
  const names = [...operatorsOf(kindOf(field, {})).keys()].filter((name) => name !== "isNull" || field.nullable);
  return names.map((name) => `\`${name}\``).join(" ");
}

const choiceLink = (name: string): string => `[${name}](#${name.toLowerCase()})`;

function choices(chapters: readonly Chapter[]): string {
  const all = chapters.flatMap(({ catalogue }) => [...catalogue.fields.values()].flatMap(({ choice }) => choice ?? []));
  const byName = new Map(all.map((choice) => [choice.name, choice]));
  return [...byName.values()]
    .map(({ name, describe, values }) =>
      [
        `### ${name}`,
        describe,
        table(
          ["value", "meaning"],
          Object.entries(values).map(([value, meaning]) => [`\`${value}\``, meaning]),
        ),
      ].join("\n\n"),
    )
    .join("\n\n");
}

const cells = (values: readonly string[]): string =>
  `| ${values.map((value) => value.replaceAll("|", "\\|")).join(" | ")} |`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [cells(head), cells(head.map(() => "---")), ...rows.map(cells)].join("\n");
