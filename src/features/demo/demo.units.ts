import { demoId } from "./demo.chance.ts";
import type { CraftName } from "./demo.crafts.ts";
import type { SiteName } from "./demo.sites.ts";
import { COMPANY, type DeclaredUnit, HOME, type UnitKind } from "./demo.structure.ts";

/** A unit of the demo, with everything that it takes from the units above it. */
export interface DemoUnit {
  id: string;
  code: string;
  name: string;
  kind: UnitKind;
  parent: DemoUnit | null;
  /** From the company down to itself. */
  path: readonly DemoUnit[];
  /** The title of its head, where the craft does not say. */
  head: string | undefined;
  craft: CraftName;
  sites: readonly SiteName[];
  people: number;
}

/** The units of the demo, each behind the one that it stands in. */
export const DEMO_UNITS: readonly DemoUnit[] = unfold(COMPANY, null);

function unfold(declared: DeclaredUnit, parent: DemoUnit | null): DemoUnit[] {
  const { code, name, kind, head } = declared;
  const path: DemoUnit[] = [...(parent?.path ?? [])];
  const unit: DemoUnit = {
    id: demoId("unit", code),
    code,
    name,
    kind,
    parent,
    path,
    head,
    craft: declared.craft ?? parent?.craft ?? "product",
    sites: declared.sites ?? parent?.sites ?? HOME,
    people: declared.people ?? 0,
  };
  path.push(unit);
  return [unit, ...(declared.below ?? []).flatMap((below) => unfold(below, unit))];
}

/** The unit with a code; throws for a code that the demo does not have. */
export function demoUnit(code: string): DemoUnit {
  const unit = DEMO_UNITS.find((candidate) => candidate.code === code);
  if (!unit) throw new Error(`The demo has no unit ${code}.`);
  return unit;
}
