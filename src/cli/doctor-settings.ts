import type { Config } from "../config.ts";
import { isThisMachine } from "../server/loopback.ts";
import { bad, doubtful, type Finding, good } from "./doctor-finding.ts";

const NODE = 20;

/** What the configuration says by itself: settings that are legal and still a mistake where they are used. */
export function settingFindings(config: Config, node: string): Finding[] {
  const shared = config.databaseUrl !== undefined;
  const findings = [
    Number.parseInt(node, 10) >= NODE
      ? good("node", node)
      : bad("node", `${node} is too old: use Node ${NODE} or newer, or start by npm start, which brings its own.`),
    ...(shared ? productionFindings(config) : embeddedFindings(config)),
    ...tokenFindings(config),
  ];
  return findings.some(({ about }) => about === "settings")
    ? findings
    : [...findings, good("settings", "readable, and none that is dangerous here")];
}

function embeddedFindings({ host, demo }: Config): Finding[] {
  const open = !isThisMachine(host);
  return open && demo
    ? [
        doubtful(
          "settings",
          "HOST opens the demo to the network: its administrator's token is on the terminal. Set DEMO=off for people of your own.",
        ),
      ]
    : [];
}

function productionFindings(config: Config): Finding[] {
  const found: Finding[] = [];
  const warn = (text: string) => found.push(doubtful("settings", text));
  if (config.auditMasterKey === undefined)
    found.push(bad("settings", "AUDIT_MASTER_KEY is not set: make one with `openssl rand -base64 32`."));
  if (config.demo) warn("DEMO=on fills an empty PostgreSQL with a thousand invented people.");
  if (config.signIn.publicUrl.startsWith("http:"))
    warn("PUBLIC_URL is not an https address: passkeys and the tokens' issuer belong to this machine alone.");
  if (!isThisMachine(config.host) && config.trustedProxies.length === 0)
    warn(
      "TRUSTED_PROXIES is empty: behind a proxy everybody comes from one address, and shares its attempts at signing in.",
    );
  if (config.mail.smtpUrl === undefined) warn("SMTP_URL is not set: mail is written to files and sent to nobody.");
  if (config.links.linkUrl.startsWith("http:"))
    warn("LINK_URL is not an https address: the links in mails lead to this machine.");
  if (config.mail.from.endsWith("@localhost>")) warn("MAIL_FROM is still the one for trials.");
  return found;
}

function tokenFindings({ bootstrapToken }: Config): Finding[] {
  return bootstrapToken !== undefined && bootstrapToken.length < 32
    ? [
        doubtful(
          "settings",
          "BOOTSTRAP_TOKEN opens everything and is short: use 32 characters or more, and revoke it once people can sign in.",
        ),
      ]
    : [];
}
