import { isDeepStrictEqual } from "node:util";
import { LockMode } from "@mikro-orm/core";
import type { Tx } from "../../database/transaction.ts";
import { conflict, notFound } from "../../kernel/errors.ts";
import type { ApprovalKindRules, RequestedChange } from "../approvals/approval.kinds.ts";
import { UserEntity } from "../users/user.entity.ts";
import type { UserService } from "../users/user.service.ts";
import type { ApprovalChain } from "./approval-policy.rules.ts";
import { type AnyOwnField, namesAttribute, ownValues, writtenOf } from "./own-profile.fields.ts";

/** What a change waits for of which no policy speaks: whoever knows the person, or looks after people's profiles; for 14 days. */
export const PROFILE_CHANGE_OTHERWISE = {
  steps: [[{ by: "MANAGER" }, { by: "PERMISSION", permission: "USER_UPDATE", over: "SUBJECT" }]],
  expiresAfterHours: 14 * 24,
  remindEveryHours: 3 * 24,
} satisfies ApprovalChain;

/** What a profile change waits with: what the person would have, and what they had when they asked. */
export interface ProfileChangePayload extends Record<string, unknown> {
  changes: (RequestedChange & { field: AnyOwnField })[];
}

/** Carries out approved changes of people to their own profile; CONFLICT where one of the fields was changed meanwhile. */
export const profileChanges = (users: UserService): ApprovalKindRules => ({
  kind: "PROFILE_CHANGE",
  expiresAfterHours: PROFILE_CHANGE_OTHERWISE.expiresAfterHours,
  remindEveryHours: PROFILE_CHANGE_OTHERWISE.remindEveryHours,
  changes: (payload) => (payload as ProfileChangePayload).changes,
  async carryOut(tx, { userId, payload }) {
    const { changes } = payload as ProfileChangePayload;
    if (namesAttribute(changes.map(({ field }) => field))) await users.holdDefinitions(tx);
    const user = await lockPerson(tx, userId as string);
    if (user.status !== "ACTIVE")
      throw conflict("The person is not active any more: ask anew once they are.", { field: "status" });
    const now = await ownValues(
      tx,
      user.id,
      changes.map(({ field }) => field),
    );
    const changed = changes.find(({ field, before }) => !isSame(now[field], before));
    if (changed)
      throw conflict("The person was changed in this field since it was asked for.", {
        field: changed.field,
        currentVersion: user.version,
      });
    await users.writeDecided(
      tx,
      user,
      writtenOf(Object.fromEntries(changes.map(({ field, after }) => [field, after]))),
    );
  },
});

/** The person, locked; NOT_FOUND where they are deleted. */
export async function lockPerson(tx: Tx, id: string): Promise<UserEntity> {
  const user = await tx.em.findOne(UserEntity, id, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (!user || user.status === "DELETED") throw notFound("user");
  return user;
}

/** Whether two values are the same, in whatever order their keys stand. */
export const isSame = (a: unknown, b: unknown): boolean => isDeepStrictEqual(a ?? null, b ?? null);
