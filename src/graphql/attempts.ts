import { type GraphQLFieldResolver, type GraphQLObjectType, type GraphQLSchema, isObjectType } from "graphql";
import { Extensions } from "type-graphql";
import { type ErrorCode, RollcallError } from "../kernel/errors.ts";
import { type IdKind, parseId } from "../kernel/ids.ts";
import type { GraphContext } from "./context.ts";

/** Declares the action of attempts at a mutation whose name does not tell it. */
export const Action = (action: string): MethodDecorator => Extensions({ action }) as MethodDecorator;

/** Something that was tried and did not happen: what, on whom, and why not. Never with which values. */
export interface Attempt {
  /** As the audit log names it: `user.suspended`, `users.read`. */
  action: string;
  outcome: "DENIED" | "FAILED";
  code: ErrorCode;
  /** The field of the API that was called. */
  operation: string;
  /** Whom or what the input names. */
  subject: Named | undefined;
  /** What was not found, where the input names it: whoever records it finds out whether that is there, out of sight, which makes it a denial. */
  missing?: Named | undefined;
}

interface Named {
  kind: IdKind;
  uuid: string;
}

/** Keeps an attempt in the audit log. It never throws, and what it could not keep it reports itself. */
export type RecordAttempt = (context: GraphContext, attempt: Attempt) => Promise<void>;

const DENIALS: ReadonlySet<ErrorCode> = new Set(["FORBIDDEN", "FIELD_FORBIDDEN"]);

/** The members of an input that name whom or what it is about, the likeliest first. */
const SUBJECTS = ["id", "userId", "granteeId", "grantId", "tokenId", "sessionId"];

/**
 * Has every mutation that fails, and every read and subscription that is refused, recorded before its error is answered. To be called last,
 * so that it sees what the access rules refuse. Reads are refused at root fields and at fields with arguments only.
 */
export function watchAttempts(schema: GraphQLSchema, record: RecordAttempt): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith("__")) continue;
    const mutates = type === schema.getMutationType();
    const follows = type === schema.getSubscriptionType();
    const root = mutates || follows || type === schema.getQueryType();
    for (const field of Object.values(type.getFields()))
      if (root || field.args.length > 0) watchField(type, field.name, { mutates, follows, root, record });
  }
}

interface Watch {
  mutates: boolean;
  /** A subscription is refused when it begins, and when the viewer's rights have changed. */
  follows: boolean;
  root: boolean;
  record: RecordAttempt;
}

function watchField(type: GraphQLObjectType, name: string, { mutates, follows, root, record }: Watch): void {
  const field = type.getFields()[name];
  const resolve = follows ? field?.subscribe : field?.resolve;
  if (!field || !resolve) return;
  const declared = field.extensions?.action as string | undefined;
  const action = declared ?? (mutates ? actionOf(name) : `${root ? "" : `${snake(type.name)}.`}${snake(name)}.read`);
  const watched: GraphQLFieldResolver<unknown, GraphContext> = (source, args, context, info) => {
    const failed = async (error: unknown): Promise<never> => {
      const refusal = refusalOf(error, mutates);
      if (refusal && context.identified) {
        const missing = refusal.code === "NOT_FOUND" ? missingIn(args, error) : undefined;
        await record(context, { action, operation: name, subject: subjectIn(args), missing, ...refusal });
      }
      throw error;
    };
    try {
      const result: unknown = resolve(source, args, context, info);
      return result instanceof Promise ? result.catch(failed) : result;
    } catch (error) {
      return failed(error);
    }
  };
  if (follows) field.subscribe = watched;
  else field.resolve = watched;
}

/** A read that fails otherwise than by being refused is nobody's attempt at anything. */
function refusalOf(error: unknown, mutates: boolean): Pick<Attempt, "outcome" | "code"> | undefined {
  const code = error instanceof RollcallError ? error.code : "INTERNAL";
  if (code === "UNAUTHENTICATED") return undefined; // Nobody is known to have tried.
  if (DENIALS.has(code)) return { outcome: "DENIED", code };
  return mutates ? { outcome: "FAILED", code } : undefined;
}

/** What stands at the place of the input that an error is about, if that is an id. */
function missingIn(args: Readonly<Record<string, unknown>>, error: unknown): Named | undefined {
  const path = error instanceof RollcallError ? (error.details.inputPath ?? "") : "";
  let value: unknown = args;
  for (const step of path.match(/[^.[\]]+/g) ?? [])
    value =
      typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[step] : undefined;
  return typeof value === "string" ? parseId(value) : undefined;
}

function subjectIn(args: Readonly<Record<string, unknown>>): Named | undefined {
  const input = (args.input ?? args.by ?? args) as Readonly<Record<string, unknown>>;
  for (const name of SUBJECTS) {
    const value = input[name];
    const id = typeof value === "string" ? parseId(value) : undefined;
    if (id) return id;
  }
  return undefined;
}

const snake = (name: string): string => name.replace(/(?<=[a-z0-9])[A-Z]/g, "_$&").toLowerCase();

/** `suspendUser` is an attempt at `user.suspended`: the action that the log would show had it succeeded. `@Action` says another, and of a lone verb any. */
function actionOf(mutation: string): string {
  const [verb = "", ...noun] = snake(mutation).split("_");
  if (noun.length === 0)
    throw new Error(`The name of the mutation ${mutation} tells no action: declare it with @Action.`);
  return `${noun.join("_")}.${verb}${verb.endsWith("e") ? "d" : "ed"}`;
}
