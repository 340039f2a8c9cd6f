import type { Catalogue, Field } from "./field.ts";

/** A field as a catalogue declares it: what is not said is false, absent or, for `filter` and `nullable`, true. */
export type Declared = Pick<Field, "kind" | "column" | "describe" | "read"> & Partial<Omit<Field, "name">>;

/** Makes a catalogue of declarations by public name; refuses two fields that share an order or facet value. */
export function catalogue(about: Omit<Catalogue, "fields">, declared: Readonly<Record<string, Declared>>): Catalogue {
  const fields = new Map<string, Field>();
  const taken = new Set<string>();
  for (const [name, declaration] of Object.entries(declared)) {
    for (const value of [
      declaration.order && `order ${declaration.order}`,
      declaration.facet && `facet ${declaration.facet}`,
    ]) {
      if (value && taken.has(value)) throw new Error(`${about.typeName}.${name}: ${value} is taken.`);
      if (value) taken.add(value);
    }
    fields.set(name, { nullable: true, show: true, filter: true, ...declaration, name });
  }
  return { ...about, fields };
}

/** A field of a catalogue; throws for a name that it does not have. */
export function fieldOf(from: Catalogue, name: string): Field {
  const field = from.fields.get(name);
  if (!field) throw new Error(`${from.typeName} has no field ${name}.`);
  return field;
}
