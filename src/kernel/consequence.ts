/** What else a transaction did beside what it was asked for. */
export const CONSEQUENCE_KINDS = {
  SESSIONS_ENDED: "Sessions were ended.",
  TOKENS_REVOKED: "Tokens were revoked.",
  GRANTS_ENDED: "Role grants were ended.",
  REPORTS_REASSIGNED: "People got another manager.",
  REPORTS_ORPHANED: "People report to somebody who is no longer active.",
  REPORTS_RESTORED: "People report again to somebody who is active.",
  UNITS_WITHOUT_HEAD: "Org units are headed by somebody who is no longer active.",
  MANAGER_LEFT: "The person reports to somebody who is no longer active.",
  GRANTS_RESTORED: "Role grants were given back.",
  SCHEDULES_CANCELLED: "Scheduled transitions were cancelled.",
  ROLES_GRANTED: "Roles were granted.",
  STEPS_SCHEDULED: "Steps of the lifecycle were scheduled.",
  INVITATION_SENT: "An invitation was sent.",
  SEARCHES_HANDED_OVER: "Saved searches got another owner.",
  GROUPS_HANDED_OVER: "Groups got another owner.",
  GROUPS_JOINED: "The person was put into groups.",
  GROUPS_LEFT: "The person belongs to groups no more.",
  LINKS_ENDED: "Links that waited to be used hold no more: invitations and others in mails, and links to exports.",
  HEADSHIPS_RESTORED: "Org units are headed again by somebody who is active.",
  HEADSHIPS_LOST: "Org units got another head.",
  GROUPS_PAUSED:
    "The members of dynamic groups stand still: whose search makes them may no longer ask by it. Give the groups another search.",
  GROUPS_RESUMED: "The members of dynamic groups follow their search again.",
  DELEGATIONS_ENDED: "Delegations of approvals were ended, given and received.",
  REQUESTS_WITHDRAWN: "Approval requests about the person's own profile were taken back.",
  STEPS_LEFT_BEHIND:
    "Scheduled steps of others wait in the name of somebody who is no longer active, and will fail: change them, or schedule them anew, in a name that lasts.",
  APPROVALS_LEFT_BEHIND: "Approval requests wait for a manager who is no longer active.",
  MEMBERS_MOVED: "People were moved to another org unit.",
} as const;

export type ConsequenceKind = keyof typeof CONSEQUENCE_KINDS;

/** A consequence and the things that it befell; ids are public. */
export interface Consequence {
  kind: ConsequenceKind;
  count: number;
  subjectIds: readonly string[];
}

/** A consequence of these subjects, or none where there are none. */
export const consequence = (kind: ConsequenceKind, subjectIds: readonly string[]): Consequence[] =>
  subjectIds.length === 0 ? [] : [{ kind, count: subjectIds.length, subjectIds }];
