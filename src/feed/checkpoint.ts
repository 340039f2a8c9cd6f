import { createPublicKey, randomUUID, sign, verify } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { parsePosition, printPosition } from "../kernel/position.ts";
import type { AuditKeys } from "./audit-keys.ts";

/** A head that the audit log's chain once had. */
export interface Checkpoint {
  /** Of the last event. */
  commit: bigint;
  ordinal: number;
  /** How many events the chain had, from its beginning. */
  events: bigint;
  hash: Buffer;
}

/** Why a checkpoint file cannot be believed; the message is for whoever runs the gateway. */
export class CheckpointFault extends Error {}

/*
 * The file is JSON: `{"position", "events", "hash", "publicKey", "signature"}`. The signature (Ed25519) is over the first three, so
 * that somebody who is given the public key can check file and log without any secret.
 */
interface CheckpointDocument {
  position: string;
  events: string;
  hash: string;
  publicKey: string;
  signature: string;
}

const signedText = ({ position, events, hash }: Pick<CheckpointDocument, "position" | "events" | "hash">): Buffer =>
  Buffer.from(JSON.stringify(["rollcall checkpoint", position, events, hash]));

/**
 * The checkpoint outside the database: replaced as a whole, and on disk when `write` is done. Several processes may have the same file: each
 * writes a draft of its own, and leaves a later checkpoint that it finds.
 */
export class CheckpointFile {
  readonly path: string;
  readonly #keys: AuditKeys;
  readonly #draft: string;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, keys: AuditKeys) {
    this.path = path;
    this.#keys = keys;
    this.#draft = `${path}.${randomUUID()}.draft`;
  }

  /** Leaves a later checkpoint as it is. CheckpointFault where there is another one of the same length, or one that `read` refuses. */
  write(checkpoint: Checkpoint): Promise<void> {
    const writing = this.#writing.then(() => this.#write(checkpoint));
    this.#writing = writing.catch(() => undefined);
    return writing;
  }

  async #write({ commit, ordinal, events, hash }: Checkpoint): Promise<void> {
    const text = { position: printPosition({ commit, ordinal }), events: String(events), hash: hash.toString("hex") };
    const document: CheckpointDocument = {
      ...text,
      publicKey: this.#publicKey(),
      signature: sign(null, signedText(text), this.#keys.signing).toString("base64"),
    };
    const directory = dirname(this.path);
    await mkdir(directory, { recursive: true });
    try {
      const file = await open(this.#draft, "w", 0o600);
      try {
        await file.writeFile(`${JSON.stringify(document, null, 2)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      const left = await this.read();
      if (left?.events === events && !left.hash.equals(hash))
        throw new CheckpointFault(`The checkpoint file ${this.path} names another head of the same length.`);
      if (left && left.events >= events) return;
      await rename(this.#draft, this.path);
      await syncDirectory(directory);
    } finally {
      await rm(this.#draft, { force: true });
    }
  }

  /** The last checkpoint; undefined where there is no file. CheckpointFault where it is not one that these keys signed. */
  async read(): Promise<Checkpoint | undefined> {
    let text: string;
    try {
      text = await readFile(this.path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    const document = documentIn(text);
    if (!document || !this.#signed(document))
      throw new CheckpointFault(
        `The checkpoint file ${this.path} was not signed with this master key, or was changed since.`,
      );
    const { commit, ordinal } = parsePosition(document.position);
    return { commit, ordinal: ordinal ?? 0, events: BigInt(document.events), hash: Buffer.from(document.hash, "hex") };
  }

  #publicKey(): string {
    return this.#keys.verifying.export({ format: "der", type: "spki" }).toString("base64");
  }

  #signed(document: CheckpointDocument): boolean {
    if (document.publicKey !== this.#publicKey()) return false;
    const key = createPublicKey({ key: Buffer.from(document.publicKey, "base64"), format: "der", type: "spki" });
    return verify(null, signedText(document), key, Buffer.from(document.signature, "base64"));
  }
}

/** A new name is on disk only when its directory is. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return; // where a directory cannot be opened
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function documentIn(text: string): CheckpointDocument | undefined {
  try {
    const value = JSON.parse(text) as Partial<CheckpointDocument> | null;
    const members = [value?.position, value?.events, value?.hash, value?.publicKey, value?.signature];
    return members.every((member) => typeof member === "string") ? (value as CheckpointDocument) : undefined;
  } catch {
    return undefined;
  }
}
