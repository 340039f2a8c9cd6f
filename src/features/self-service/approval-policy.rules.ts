import { isDeepStrictEqual } from "node:util";
import { type RawBuilder, sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import type { Permission } from "../../kernel/permissions.ts";
import type { Filter } from "../../search/filter.ts";
import { filterToSql } from "../../search/to-sql.ts";
import type { Decider } from "../approvals/approval-request.entity.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { AnyOwnField } from "./own-profile.fields.ts";

/** A decider of a policy's, with the key that its role has now. */
export interface PolicyDecider {
  by: Decider["by"];
  roleId: string | null;
  roleKey: string | null;
  permission: Permission | null;
  everywhere: boolean;
}

/** A policy as it is kept. */
export interface ApprovalPolicyRecord {
  id: string;
  version: number;
  name: string;
  /** Which fields; empty: every sensitive one. */
  fields: string[];
  filter: Filter;
  priority: number;
  /** In turn; of each one person of these. */
  steps: PolicyDecider[][];
  expiresAfterHours: number;
  /** Null: never. */
  remindEveryHours: number | null;
  createdAt: Date;
  updatedAt: Date;
}

/** What a sensitive change waits for. */
export interface ApprovalChain {
  steps: readonly (readonly Decider[])[];
  expiresAfterHours: number;
  remindEveryHours: number | null;
}

/** All policies, the strongest first: by priority, then the older one. That of one id where it is given. */
export async function loadApprovalPolicies(db: Tx["sql"], id?: string): Promise<ApprovalPolicyRecord[]> {
  const { rows } = await sql<ApprovalPolicyRecord>`
    SELECT p.id, p.version, p.name, p.fields, p.filter, p.priority, p.expires_after_hours AS "expiresAfterHours",
      p.remind_every_hours AS "remindEveryHours", p.created_at AS "createdAt", p.updated_at AS "updatedAt",
      (SELECT coalesce(jsonb_agg(s.deciders ORDER BY s.step), '[]') FROM (
        SELECT d.step, jsonb_agg(jsonb_build_object('by', d.by, 'roleId', d.role_id, 'roleKey', r.key, 'permission', d.permission,
          'everywhere', d.everywhere) ORDER BY d.id) AS deciders
        FROM approval_policy_decider d LEFT JOIN role r ON r.id = d.role_id WHERE d.approval_policy_id = p.id GROUP BY d.step) s) AS steps
    FROM approval_policy p ${id === undefined ? sql`` : sql`WHERE p.id = ${id}`} ORDER BY p.priority DESC, p.id`.execute(
    db,
  );
  return rows;
}

/**
 * What a change of these fields of a person waits for: field by field what the strongest policy says that names it and fits the person as the
 * last commit left them, and what `otherwise` says where none does; all of it together.
 */
export async function chainFor(
  tx: Tx,
  { userId, today, fields }: { userId: string; today: string; fields: readonly AnyOwnField[] },
  otherwise: ApprovalChain,
): Promise<ApprovalChain> {
  const policies = (await loadApprovalPolicies(tx.sql)).filter((policy) =>
    fields.some((field) => names(policy, field)),
  );
  const fit = await fitting(tx, policies, { userId, today });
  const asked = new Set(fields.map((field) => fit.find((policy) => names(policy, field)) ?? otherwise));
  // In the order of their strength, whatever the order of the fields.
  const chains = [
    ...fit.filter((policy) => asked.has(policy)).map(chainOf),
    ...(asked.has(otherwise) ? [otherwise] : []),
  ];
  return together(chains);
}

const names = ({ fields }: ApprovalPolicyRecord, field: string): boolean =>
  fields.length === 0 || fields.includes(field);

async function fitting(
  tx: Tx,
  policies: readonly ApprovalPolicyRecord[],
  { userId, today }: { userId: string; today: string },
): Promise<ApprovalPolicyRecord[]> {
  if (policies.length === 0) return [];
  const context = { catalogue: userCatalogue, alias: "u", now: tx.now, today };
  const conditions = policies.map(({ filter }): RawBuilder<unknown> => sql`(${filterToSql(filter, context)}) IS TRUE`);
  const { rows } = await sql<{ met: boolean[] }>`
    SELECT ARRAY[${sql.join(conditions)}] AS met FROM user_search u WHERE u.user_id = ${userId}`.execute(tx.sql);
  return policies.filter((_, place) => rows[0]?.met[place]);
}

const chainOf = ({ steps, expiresAfterHours, remindEveryHours }: ApprovalPolicyRecord): ApprovalChain => ({
  steps: steps.map((deciders) => deciders.map(deciderOf)),
  expiresAfterHours,
  remindEveryHours,
});

function deciderOf({ by, roleId, permission, everywhere }: PolicyDecider): Decider {
  if (by === "ROLE") return { by, roleId: roleId as string };
  if (by === "PERMISSION")
    return { by, permission: permission as Permission, over: everywhere ? "EVERYWHERE" : "SUBJECT" };
  return { by };
}

/**
 * One chain that keeps to each of several. A step whose deciders another chain's step has all of is that step already: whoever decides the
 * narrower one may decide both, and nobody decides twice. It expires with the first of them, and reminds as often as the most frequent.
 */
export function together(chains: readonly ApprovalChain[]): ApprovalChain {
  const steps: (readonly Decider[])[] = [];
  for (const chain of chains) {
    const open = new Set(steps.keys());
    for (const step of chain.steps) {
      const same = [...open].find((place) => isWithin(steps[place] ?? [], step) || isWithin(step, steps[place] ?? []));
      if (same === undefined) steps.push(step);
      else if (isWithin(step, steps[same] ?? [])) steps[same] = step;
      if (same !== undefined) open.delete(same);
    }
  }
  const intervals = chains.flatMap(({ remindEveryHours }) => remindEveryHours ?? []);
  return {
    steps,
    expiresAfterHours: Math.min(...chains.map(({ expiresAfterHours }) => expiresAfterHours)),
    remindEveryHours: intervals.length > 0 ? Math.min(...intervals) : null,
  };
}

/** Whether everybody of the one is of the other. */
const isWithin = (one: readonly Decider[], other: readonly Decider[]): boolean =>
  one.every((decider) => other.some((among) => isDeepStrictEqual(decider, among)));
