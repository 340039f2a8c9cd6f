import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import type { Config } from "../config.ts";
import { bad, doubtful, type Finding, good } from "./doctor-finding.ts";

const TIMEOUT_MS = 5_000;
const MEBI = 1024 * 1024;
/** Free space that is little, and that is too little. */
const LITTLE = 1024 * MEBI;
const TOO_LITTLE = 64 * MEBI;

/** What lies around the gateway: disks, the mail server, issuers of tokens. */
export async function surroundingFindings(config: Config): Promise<Finding[]> {
  const found = await Promise.all([
    diskFinding("DATA_DIR", config.dataDir),
    diskFinding("AUDIT_CHECKPOINT_FILE", dirname(config.auditCheckpointFile)),
    ...(config.mail.smtpUrl === undefined ? [] : [mailFinding(config.mail.smtpUrl)]),
    ...config.oidcIssuers.map(({ issuer, jwksUri }) => issuerFinding(issuer, jwksUri)),
  ]);
  return found;
}

async function diskFinding(setting: string, directory: string): Promise<Finding> {
  let existing = directory;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  const free = bavail * bsize;
  const text = `${setting} has ${Math.floor(free / MEBI).toLocaleString("en")} MiB free`;
  if (free < TOO_LITTLE) return bad("disk", `${text}: make room, or what is written there is lost.`);
  return free < LITTLE ? doubtful("disk", `${text}: make room.`) : good("disk", text);
}

/** Whether the server greets as SMTP asks it to; nothing is sent and nobody signs in. */
async function mailFinding(smtpUrl: string): Promise<Finding> {
  const { protocol, hostname, port } = new URL(smtpUrl);
  const secure = protocol === "smtps:";
  const at = Number(port || (secure ? 465 : 587));
  const host = hostname.replace(/^\[|\]$/g, "");
  const problem = await new Promise<string | undefined>((resolve) => {
    const socket = connect({ host, port: at, timeout: TIMEOUT_MS });
    const end = (said: string | undefined) => {
      socket.destroy();
      resolve(said);
    };
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? "no answer"));
    socket.once("timeout", () => end("no answer within 5 s"));
    if (secure) socket.once("connect", () => end(undefined));
    else
      socket.once("data", (greeting) =>
        end(greeting.toString().startsWith("220") ? undefined : "it does not greet as a mail server"),
      );
  });
  return problem === undefined
    ? good("mail", `${host}:${at} answers`)
    : bad("mail", `${host}:${at} cannot be used (${problem}): check SMTP_URL and the way there.`);
}

async function issuerFinding(issuer: string, jwksUri: string | undefined): Promise<Finding> {
  const address = jwksUri ?? `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  try {
    const response = await fetch(address, { redirect: "error", signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.body?.cancel();
    if (response.ok) return good("issuer", `${issuer} answers`);
    return bad(
      "issuer",
      `${address} answered with status ${response.status}: its tokens are refused once the known keys are a day old.`,
    );
  } catch (error) {
    const { cause, name } = error as { cause?: { code?: string }; name?: string };
    return bad(
      "issuer",
      `${address} cannot be reached (${cause?.code ?? name}): its tokens are refused once the known keys are a day old.`,
    );
  }
}
