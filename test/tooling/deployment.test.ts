import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { describeConfig, readConfig } from "../../src/config.ts";
import { directoryForTest } from "../support/database.ts";
import { tableOf } from "../support/markdown.ts";

/* What is given for running Rollcall, as far as it can be checked without a cluster: it names what exists. */

const read = (path: string): string => readFileSync(path, "utf8");
const GUIDE = read("docs/operators.md");
const METRICS = new Map(tableOf(GUIDE, "metric").map(({ metric = "", kind }) => [metric, kind]));
const SETTINGS = describeConfig(readConfig({}))
  .split("\n")
  .map((line) => line.slice(0, line.indexOf("=")));
const isSetting = (name: string): boolean => SETTINGS.includes(name.replace(/_FILE$/, "")) || SETTINGS.includes(name);

/** Names in an expression that are none of the metrics that the guide for operators lists, which /metrics is held to. */
function unknownMetrics(expression: string): string[] {
  const names = [...expression.matchAll(/\brollcall_\w+/g)].map(([name]) => name);
  const known = (name: string) =>
    GUIDE.includes(`\`${name}\``) || METRICS.get(name.replace(/_(?:bucket|sum|count)$/, "")) === "histogram";
  return names.filter((name) => !known(name));
}

describe("The dashboard", () => {
  const { panels } = JSON.parse(read("docs/grafana/rollcall.json")) as {
    panels: { id: number; title: string; description: string; targets: { expr: string }[] }[];
  };

  it("asks for metrics that exist, and says what each panel means", () => {
    expect(panels.length).toBeGreaterThan(15);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { targets, description } of panels) {
      expect(description).not.toBe("");
      for (const { expr } of targets) expect(unknownMetrics(expr)).toEqual([]);
    }
    expect(unknownMetrics("rate(rollcall_nothing_total[5m]) + rollcall_mails_total_count")).toHaveLength(2);
  });

  it("shows every metric that there is", () => {
    const asked = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join(" ");
    expect(
      [...METRICS.keys()].filter((name) => !new RegExp(`\\b${name}(_bucket|_sum|_count)?\\b`).test(asked)),
    ).toEqual([]);
  });
});

describe("The alert rules", () => {
  const path = "deploy/prometheus/rollcall.rules.yaml";
  const { groups } = parse(read(path)) as {
    groups: { rules: { alert: string; expr: string; labels: object; annotations: { summary: string } }[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);

  it("watch metrics that exist, and each is in the guide with what to do", () => {
    const guide = tableOf(read("docs/operations/observing.md"), "alert").map(({ alert }) => alert);
    expect(rules.map(({ alert }) => alert)).toEqual(guide);
    for (const { expr, annotations } of rules) {
      expect(expr).toMatch(/rollcall_|nodejs_/);
      expect(unknownMetrics(expr)).toEqual([]);
      expect(annotations.summary).not.toBe("");
    }
  });

  it.skipIf(!hasProgram("promtool"))("are what Prometheus reads", () => {
    expect(execFileSync("promtool", ["check", "rules", path], { encoding: "utf8" })).toContain("SUCCESS");
  });
});

function hasProgram(name: string): boolean {
  return (process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, name)));
}

interface Service {
  image?: string;
  environment?: Record<string, string>;
  secrets?: string[];
  networks?: string[] | Record<string, unknown>;
  configs?: { source: string }[];
  volumes?: string[];
  depends_on?: Record<string, unknown>;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  user?: string;
}

describe("The compose file", () => {
  const file = parse(read("docker-compose.yml"), { merge: true }) as Record<string, Record<string, never>> & {
    services: Record<string, Service>;
  };
  const services = Object.entries(file.services);
  const ours = services.filter(([, { image }]) => image === "rollcall");

  it("refers to nothing that it does not define, and to files that exist", () => {
    for (const [, service] of services) {
      const { secrets = [], networks = [], configs = [], volumes = [], depends_on = {} } = service;
      expect(Object.keys(file.secrets ?? {})).toEqual(expect.arrayContaining(secrets));
      expect(Object.keys(file.networks ?? {})).toEqual(
        expect.arrayContaining(Array.isArray(networks) ? networks : Object.keys(networks)),
      );
      expect(Object.keys(file.configs ?? {})).toEqual(expect.arrayContaining(configs.map(({ source }) => source)));
      expect(Object.keys(file.volumes ?? {})).toEqual(expect.arrayContaining(volumes.map((one) => one.split(":")[0])));
      expect(Object.keys(file.services)).toEqual(expect.arrayContaining(Object.keys(depends_on)));
    }
    for (const config of Object.values(file.configs ?? {}))
      expect(existsSync((config as { file: string }).file)).toBe(true);
  });

  it("runs two gateways that know no owner, not as root, on file systems that cannot be written", () => {
    expect(ours.map(([name]) => name).sort()).toEqual(["gateway-a", "gateway-b", "migrate"]);
    for (const [name, service] of ours) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"], user: "10001:10001" });
      expect(Object.keys(service.environment ?? {}).filter((setting) => !isSetting(setting))).toEqual([]);
      expect(service.secrets?.includes("migration_database_url")).toBe(name === "migrate");
    }
    for (const [, { security_opt }] of services) expect(security_opt).toContain("no-new-privileges:true");
  });

  it("has a script that makes every secret it names, once", () => {
    const folder = directoryForTest();
    cpSync("deploy/compose", folder, { recursive: true });
    const make = () => execFileSync("sh", [join(folder, "make-secrets.sh")]);
    make();
    const contents = () =>
      readdirSync(join(folder, "secrets")).map((name) => [name, read(join(folder, "secrets", name))]);
    const first = contents();
    expect(first.map(([name]) => name).sort()).toEqual(Object.keys(file.secrets ?? {}).sort());
    const secret = Object.fromEntries(first) as Record<string, string>;
    const env = { DATABASE_URL: secret.database_url, MIGRATION_DATABASE_URL: secret.migration_database_url };
    const more = { AUDIT_MASTER_KEY: secret.audit_master_key, BOOTSTRAP_TOKEN: secret.bootstrap_token };
    expect(readConfig({ ...env, ...more }).databaseUrl).toContain(secret.run_role);
    make();
    expect(contents()).toEqual(first);
  });
});

describe("The Kubernetes example", () => {
  const folder = "deploy/kubernetes";
  const { resources } = parse(read(join(folder, "kustomization.yaml"))) as { resources: string[] };
  const objects = resources.flatMap((path) =>
    parseAllDocuments(read(join(folder, path))).map(
      (document) => document.toJS() as { kind: string } & Record<string, never>,
    ),
  );
  const one = (kind: string): Record<string, never> => {
    const found = objects.filter((object) => object.kind === kind);
    expect(found).toHaveLength(1);
    return found[0] as Record<string, never>;
  };

  it.skipIf(!hasProgram("kubectl"))("is what Kustomize builds", () => {
    const built = parseAllDocuments(execFileSync("kubectl", ["kustomize", folder], { encoding: "utf8" }));
    const kinds = (list: readonly unknown[]) => list.map((object) => (object as { kind: string }).kind).sort();
    expect(kinds(built.map((document) => document.toJS()))).toEqual(kinds(objects));
  });

  it("has all files of its folder, and settings that exist", () => {
    expect([...resources, "kustomization.yaml"].sort()).toEqual(readdirSync(folder).sort());
    const given = objects.filter(({ kind }) => kind === "ConfigMap" || kind === "Secret") as unknown as {
      data?: object;
      stringData?: object;
    }[];
    const names = given.flatMap(({ data = {}, stringData = {} }) => Object.keys({ ...data, ...stringData }));
    expect(names.filter((name) => !isSetting(name))).toEqual([]);
  });

  it("probes what the gateway answers, keeps one of two running, and gives the drain its time", () => {
    const deployment = one("Deployment") as unknown as {
      spec: { replicas: number; template: { metadata: { labels: object }; spec: Record<string, unknown> } };
    };
    const { spec } = deployment.spec.template;
    const [container] = spec.containers as Record<string, { httpGet: { path: string } } & Record<string, never>>[];
    expect(deployment.spec.replicas).toBe(2);
    expect(container?.readinessProbe?.httpGet.path).toBe("/readyz");
    expect(container?.livenessProbe?.httpGet.path).toBe("/livez");
    expect(container?.securityContext).toMatchObject({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(5 + 30);
    for (const kind of ["PodDisruptionBudget", "HorizontalPodAutoscaler", "NetworkPolicy", "Service", "Job"]) one(kind);
    const { selector } = (one("PodDisruptionBudget") as unknown as { spec: { selector: { matchLabels: object } } })
      .spec;
    expect(deployment.spec.template.metadata.labels).toMatchObject(selector.matchLabels);
  });

  it("gives the owner of the tables to the migration alone", () => {
    const named = objects.filter((object) => JSON.stringify(object).includes("rollcall-owner"));
    expect(named.map(({ kind }) => kind).sort()).toEqual(["Job", "Secret"]);
  });
});
