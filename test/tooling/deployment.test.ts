import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildSchema } from "graphql";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { describeConfig, readConfig } from "../../src/config.ts";
import { IMPORT_DEFAULTS } from "../../src/features/import-plans/import.settings.ts";
import type { StreamingGateway } from "../../src/server/gateway.ts";
import { mountGraphiql } from "../../src/server/graphiql.ts";
import { Metrics } from "../../src/server/metrics.ts";
import { BODY_LIMIT } from "../../src/server/refusal.ts";
import { mountStreams } from "../../src/server/streams.ts";
import { run } from "../server/support.ts";
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
      expect(expr).toMatch(/rollcall_|nodejs_|^up\{/);
      expect(unknownMetrics(expr)).toEqual([]);
      expect(annotations.summary).not.toBe("");
    }
  });

  it("tell of a gateway that is gone, of all of them gone, and of one that takes no work", () => {
    const told = rules.map(({ expr }) => expr);
    expect(told).toEqual(
      expect.arrayContaining(['up{job=~".*rollcall.*"} == 0', "absent(rollcall_ready)", "rollcall_ready == 0"]),
    );
  });

  it.skipIf(!hasProgram("promtool"))("are what Prometheus reads", () => {
    expect(execFileSync("promtool", ["check", "rules", path], { encoding: "utf8" })).toContain("SUCCESS");
  });
});

function hasProgram(name: string): boolean {
  return (process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, name)));
}

/** What machines ask of each gateway, which is for nobody outside. */
const PROBES = ["/livez", "/metrics", "/readyz"];

/** The paths of everything that a gateway serves. */
async function servedPaths(): Promise<string[]> {
  const never = async (): Promise<never> => Promise.reject(new Error("Nobody asks."));
  const uploads = { mediaTypes: [], limit: 0, longestMs: 0, admit: () => undefined, take: never };
  const { server } = await run({
    more: { jwks: never, download: never, uploads },
    mount: async (fastify) => {
      mountGraphiql(fastify);
      const subscriptions = { start: async () => undefined, stop: never, head: 0n, counts: {} };
      const gateway = { schema: buildSchema("type Query { x: Int }"), subscriptions } as unknown as StreamingGateway;
      await mountStreams(fastify, { gateway, log: pino({ level: "silent" }), metrics: new Metrics() });
    },
  });
  const above: string[] = [];
  return server
    .printRoutes({ commonPrefix: false })
    .split("\n")
    .flatMap((line) => {
      const [, indent = "", part = ""] = /^(.*?── )(\S+) \(/.exec(line) ?? [];
      const depth = indent.length / 4;
      above.splice(depth - 1, above.length, part);
      return part === "" ? [] : [above.join("").replace(/^\/+/, "/")];
    });
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

  it.skipIf(spawnSync("docker", ["compose", "version"]).status !== 0)("is what Docker Compose reads", () => {
    const { stderr, status } = spawnSync("docker", ["compose", "config", "--quiet"], { encoding: "utf8" });
    expect([stderr, status]).toEqual(["", 0]);
  });

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

  it("counts budgets in one place for both gateways", () => {
    const gateways = ours.filter(([name]) => name.startsWith("gateway"));
    for (const [, { environment }] of gateways) expect(environment?.BUDGETS).toBe("postgresql");
  });

  it("has a proxy that publishes neither probes nor metrics, and bounds every body but that of a file", () => {
    const caddyfile = read("deploy/compose/Caddyfile");
    const inside = /@inside path (.+)\n\s*respond @inside 404/.exec(caddyfile)?.[1];
    expect(inside?.split(" ").sort()).toEqual(PROBES);
    const [, but, bound] =
      /@operations not path (.+)\n\s*request_body @operations \{\s*max_size (\S+)\s*\}/.exec(caddyfile) ?? [];
    expect([but, bound]).toEqual(["/import /import/", `${BODY_LIMIT / 1024 ** 2}MiB`]);
    expect(caddyfile.match(/request_body/g)).toHaveLength(1);
    // TLS is Caddy's own, once the site has a name, and nobody is redirected to it.
    expect(caddyfile).not.toMatch(/\btls\b|protocols|insecure/);
    expect(caddyfile).toContain("auto_https disable_redirects");
  });

  it("has a script that makes every secret it names, once, in a folder that is closed to everybody else", () => {
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
    expect(statSync(join(folder, "secrets")).mode & 0o777).toBe(0o700);
  });
});

interface Ingress {
  metadata: { annotations: Record<string, string> };
  spec: { rules: { http: { paths: { path: string; pathType: "Exact" | "Prefix" }[] } }[] };
}

interface Peer {
  namespaceSelector: { matchLabels: Record<string, string> };
}

interface Rule {
  from?: Peer[];
  to?: Peer[];
  ports: { port: number }[];
}

interface Policy {
  ingress: Rule[];
  egress: Rule[];
}

describe("The image", () => {
  const stages = read("Dockerfile")
    .replaceAll("\\\n", "")
    .split(/^FROM /m)
    .slice(1)
    .map((stage) => stage.split("\n"));
  const [built = [], image = []] = stages;

  it("has what was built and what that needs to run, no sources, tools or history, and is not root", () => {
    expect(stages).toHaveLength(2);
    const copied = image.filter((line) => /^(?:COPY|ADD)\b/.test(line));
    expect(copied.map((line) => line.replace("COPY --from=build ", ""))).toEqual([
      "/app/package.json ./",
      "/app/node_modules ./node_modules",
      "/app/dist ./dist",
    ]);
    expect(built.join(" ")).toContain("npm prune --omit=dev");
    expect(image.join(" ")).toMatch(/ENV NODE_ENV=production /);
    expect(image).toContain("USER 10001:10001");
    expect(read(".dockerignore").split("\n")[0]).toBe("*");
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
  const secrets = parseAllDocuments(read(join(folder, "secrets.example.yaml"))).map(
    (document) => document.toJS() as { metadata: { name: string }; stringData: object },
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
    const apart = ["kustomization.yaml", "secrets.example.yaml"];
    expect([...resources, ...apart].sort()).toEqual(readdirSync(folder).sort());
    const given = [one("ConfigMap"), ...secrets] as { data?: object; stringData?: object }[];
    const names = given.flatMap(({ data = {}, stringData = {} }) => Object.keys({ ...data, ...stringData }));
    expect(names.filter((name) => !isSetting(name))).toEqual([]);
  });

  it("applies no secret, which would take the place of the real one, and has the shape of each that it names", () => {
    expect(objects.filter(({ kind }) => kind === "Secret")).toEqual([]);
    const named = [...JSON.stringify(objects).matchAll(/"secretRef":\{"name":"([^"]+)"/g)].map(([, name]) => name);
    expect([...new Set(named)].sort()).toEqual(secrets.map(({ metadata }) => metadata.name).sort());
  });

  it("lets in from outside everything that the gateway serves but its probes, and files of the size that it takes", async () => {
    const ingresses = objects.filter(({ kind }) => kind === "Ingress") as unknown as Ingress[];
    const routes = ingresses.flatMap(({ metadata: { annotations }, spec: { rules } }) =>
      rules.flatMap(({ http }) => http.paths.map((route) => ({ ...route, annotations }))),
    );
    const leading = (served: string) =>
      routes.find(({ path, pathType }) =>
        pathType === "Exact" ? served === path : served === path || served.startsWith(`${path}/`),
      );
    const served = await servedPaths();
    expect(served).toEqual(expect.arrayContaining(["/", "/graphql", "/graphql/stream", "/import", "/export/:secret"]));
    expect(served.filter((path) => !leading(path)).sort()).toEqual(PROBES);
    const most = `${IMPORT_DEFAULTS.maxBytes / 1024 ** 2}m`;
    expect(leading("/import")?.annotations).toMatchObject({
      "nginx.ingress.kubernetes.io/proxy-body-size": most,
      "nginx.ingress.kubernetes.io/proxy-request-buffering": "off",
    });
    expect(leading("/graphql")?.annotations["nginx.ingress.kubernetes.io/proxy-body-size"]).toBe("1m");
  });

  it("counts budgets in one place for all gateways", () => {
    expect((one("ConfigMap") as { data: Record<string, string> }).data.BUDGETS).toBe("postgresql");
  });

  it("lets nothing in but the ingress controller and Prometheus, and out to what settings name alone", () => {
    const { spec } = one("NetworkPolicy") as unknown as { spec: Policy };
    expect(spec).toMatchObject({
      podSelector: { matchLabels: { app: "rollcall" } },
      policyTypes: ["Ingress", "Egress"],
    });
    const namespaces = (peers: Peer[] = []) =>
      peers.map(({ namespaceSelector }) => Object.values(namespaceSelector.matchLabels).join());
    const ports = (rules: Rule[]) => rules.flatMap((rule) => rule.ports.map(({ port }) => port));
    expect(spec.ingress.map(({ from }) => namespaces(from))).toEqual([["ingress-nginx", "monitoring"]]);
    expect(ports(spec.ingress)).toEqual([4000]);
    const names = spec.egress.filter((rule) => ports([rule]).includes(53));
    expect(names.map(({ to }) => namespaces(to))).toEqual([["kube-system"]]);
    // Names, PostgreSQL, Redis, mail twice, HTTPS, OpenTelemetry.
    expect(ports(spec.egress).sort((a, b) => a - b)).toEqual([53, 53, 443, 465, 587, 4318, 5432, 6379]);
  });

  it("probes what the gateway answers, bounds its memory, keeps one of two running, and gives the drain its time", () => {
    const deployment = one("Deployment") as unknown as {
      spec: { replicas: number; template: { metadata: { labels: object }; spec: Record<string, unknown> } };
    };
    const { spec } = deployment.spec.template;
    const [container] = spec.containers as Record<string, { httpGet: { path: string } } & Record<string, never>>[];
    expect(deployment.spec.replicas).toBe(2);
    expect(container?.readinessProbe?.httpGet.path).toBe("/readyz");
    expect(container?.livenessProbe?.httpGet.path).toBe("/livez");
    expect(container?.securityContext).toMatchObject({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
    expect(container?.resources).toMatchObject({ limits: { memory: expect.any(String) }, requests: { cpu: "500m" } });
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(5 + 30);
    for (const kind of ["PodDisruptionBudget", "HorizontalPodAutoscaler", "NetworkPolicy", "Service", "Job"]) one(kind);
    const { selector } = (one("PodDisruptionBudget") as unknown as { spec: { selector: { matchLabels: object } } })
      .spec;
    expect(deployment.spec.template.metadata.labels).toMatchObject(selector.matchLabels);
  });

  it("gives the owner of the tables to the migration alone", () => {
    const named = objects.filter((object) => JSON.stringify(object).includes("rollcall-owner"));
    expect(named.map(({ kind }) => kind)).toEqual(["Job"]);
  });
});
