import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/** From the lowest to the highest; a folder imports from itself and from lower ones. Files directly in src, and cli, are the application. */
const RANKS = ["kernel", "search", "database", "access", "feed", "graphql", "features", "server", "app"];
const APPLICATION = "app";
const APPLICATION_FOLDERS = ["cli"];

/** From the earliest to the latest; a feature imports from itself and from earlier ones. A new feature takes its place here. */
const FEATURES = [
  "tables",
  "org",
  "attributes",
  "users",
  "groups",
  "roles",
  "access-rules",
  "attribute-definitions",
  "imports",
  "mail",
  "auth",
  "schedules",
  "audit",
  "saved-searches",
  "dynamic-groups",
  "approvals",
  "profile-templates",
  "employment",
  "self-service",
  "bulk",
  "exports",
  "import-plans",
  "erasure",
  "retention",
  "demo",
];

const FILE_LINES = 350;
const CONSTRUCTOR_PARAMETERS = 5;
const ENVIRONMENT_READERS = ["config.ts"];

/** Names that say nothing about what a file is for. */
const EMPTY_NAMES = ["util", "utils", "helper", "helpers", "common", "misc", "stuff", "base"];
/** Roles that say nothing; as a word of the domain (a person's manager) they are welcome in front of another role. */
const EMPTY_ROLES = ["manager", "handler", "processor"];

interface Source {
  /** Relative to src, with forward slashes. */
  path: string;
  text: string;
  /** Paths of the sources that it imports, types included. */
  imports: string[];
}

const root = fileURLToPath(new URL("../src", import.meta.url));
const IMPORT = /(?:^|\n)\s*(?:import|export)\b(?:[^;"'`]*?\bfrom)?\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g;

const sources: Source[] = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
  .map((entry) => {
    const path = relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/");
    const text = readFileSync(join(root, path), "utf8");
    const imports = [...text.matchAll(IMPORT)]
      .map((match) => (match[1] ?? match[2]) as string)
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier) => posix.join(dirname(path), specifier));
    return { path, text, imports };
  });

/** Every breach of a rule that looks at one source, as lines to read. */
const breaches = (rule: (source: Source) => string[]): string[] =>
  sources.flatMap((source) => rule(source).map((breach) => `${source.path}: ${breach}`));

function rankOf(path: string): number {
  const folder = path.includes("/") ? (path.split("/", 1)[0] as string) : APPLICATION;
  return RANKS.indexOf(APPLICATION_FOLDERS.includes(folder) ? APPLICATION : folder);
}

const featureOf = (path: string): string | undefined => /^features\/([^/]+)\//.exec(path)?.[1];

/** The first cycle found among the imports, as the paths along it. */
function findCycle(): string[] | undefined {
  const importsOf = new Map(sources.map(({ path, imports }) => [path, imports]));
  const settled = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (settled.has(path)) return undefined;
    trail.push(path);
    for (const next of importsOf.get(path) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    trail.pop();
    settled.add(path);
    return undefined;
  };
  for (const { path } of sources) {
    const cycle = visit(path);
    if (cycle) return cycle;
  }
  return undefined;
}

/** How many parameters each constructor takes: commas at the outermost level of its parentheses, a last one and comments aside. */
function constructorParameters(source: string): number[] {
  const text = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  return [...text.matchAll(/\bconstructor\s*\(/g)].map(({ index, 0: head }) => {
    let depth = 1;
    let parameters = "";
    for (let at = index + head.length; depth > 0 && at < text.length; at++) {
      const char = text[at] as string;
      if ("([{<".includes(char)) depth++;
      else if (")]}".includes(char) || (char === ">" && text[at - 1] !== "=")) depth--;
      if (depth === 1) parameters += char;
    }
    return parameters.split(",").filter((one) => one.trim() !== "").length;
  });
}

describe("The layout of the sources", () => {
  it("is found at all, with what its files import", () => {
    expect(sources.length).toBeGreaterThan(10);
    expect(sources.find(({ path }) => path === "server/http.ts")?.imports).toContain("kernel/errors.ts");
  });

  it("has no folder without a rank", () => {
    expect(
      breaches(({ path }) => (rankOf(path) === -1 ? ["stands in a folder that RANKS does not list"] : [])),
    ).toEqual([]);
  });

  it("lets imports go down only", () => {
    const up = ({ path, imports }: Source) =>
      imports.filter((target) => rankOf(target) > rankOf(path)).map((target) => `imports ${target}`);
    expect(breaches(up)).toEqual([]);
  });

  it("lets a feature import only earlier ones", () => {
    const later = ({ path, imports }: Source) => {
      const own = featureOf(path);
      if (own === undefined) return [];
      if (!FEATURES.includes(own)) return ["belongs to a feature that FEATURES does not list"];
      const place = (target: string) => FEATURES.indexOf(featureOf(target) ?? (FEATURES[0] as string));
      return imports.filter((target) => place(target) > FEATURES.indexOf(own)).map((target) => `imports ${target}`);
    };
    expect(breaches(later)).toEqual([]);
  });

  it("has no cycle", () => {
    expect(findCycle()?.join(" → ")).toBeUndefined();
  });

  it("imports files that exist, by their own names", () => {
    const known = new Set(sources.map(({ path }) => path));
    expect(
      breaches(({ imports }) => imports.filter((target) => !known.has(target)).map((target) => `imports ${target}`)),
    ).toEqual([]);
  });

  it("has no barrel", () => {
    const barrel = ({ path, text }: Source) => [
      ...(basename(path) === "index.ts" ? ["is called index.ts"] : []),
      ...(/^export\s+(?:type\s+)?(?:\*|\{[^}]*\})\s*(?:as\s+\w+\s*)?from\b/m.test(text)
        ? ["exports what another file declares"]
        : []),
    ];
    expect(breaches(barrel)).toEqual([]);
  });
});

describe("A source", () => {
  it("is short enough to be read at once", () => {
    const long = ({ text }: Source) => {
      const lines = text.trimEnd().split("\n").length;
      return lines > FILE_LINES ? [`has ${lines} lines, and ${FILE_LINES} are the most`] : [];
    };
    expect(breaches(long)).toEqual([]);
  });

  it("has a name in kebab case that says what it is for", () => {
    const named = ({ path }: Source) => {
      const name = basename(path, ".ts");
      const words = name.split(/[-.]/);
      const empty = [
        ...words.filter((word) => EMPTY_NAMES.includes(word)),
        ...EMPTY_ROLES.filter((role) => words.at(-1) === role),
      ];
      return [
        ...(/^[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(name) ? [] : ["is not in kebab case"]),
        ...empty.map((word) => `"${word}" says nothing`),
      ];
    };
    expect(breaches(named)).toEqual([]);
  });

  it("builds objects of a few collaborators each", () => {
    const crowded = ({ text }: Source) =>
      constructorParameters(text)
        .filter((count) => count > CONSTRUCTOR_PARAMETERS)
        .map((count) => `has a constructor of ${count} parameters, and ${CONSTRUCTOR_PARAMETERS} are the most`);
    expect(breaches(crowded)).toEqual([]);
  });

  it("leaves the environment to the configuration", () => {
    const reads = ({ path, text }: Source) =>
      /\bprocess\s*\.\s*env\b|\bprocess\[/.test(text) && !ENVIRONMENT_READERS.includes(path)
        ? ["reads process.env"]
        : [];
    expect(breaches(reads)).toEqual([]);
  });
});
