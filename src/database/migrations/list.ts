import type { MigrationObject } from "@mikro-orm/core";
import { Migration0001Directory } from "./0001-directory.ts";
import { Migration0002SearchIndexes } from "./0002-search-indexes.ts";
import { Migration0003Capture } from "./0003-capture.ts";
import { Migration0004Derivation } from "./0004-derivation.ts";
import { Migration0005Time } from "./0005-time.ts";
import { Migration0006AuditAttempt } from "./0006-audit-attempt.ts";
import { Migration0007UserVersion } from "./0007-user-version.ts";
import { Migration0008AuditLog } from "./0008-audit-log.ts";
import { Migration0009Retention } from "./0009-retention.ts";
import { Migration0010SavedSearch } from "./0010-saved-search.ts";
import { Migration0011Matching } from "./0011-matching.ts";
import { Migration0012TimePasses } from "./0012-time-passes.ts";
import { Migration0013SignIn } from "./0013-sign-in.ts";
import { Migration0014TokenRotation } from "./0014-token-rotation.ts";
import { Migration0015ImmovableClock } from "./0015-immovable-clock.ts";
import { Migration0016OrderIndexes } from "./0016-order-indexes.ts";
import { Migration0017AuditRetention } from "./0017-audit-retention.ts";
import { Migration0019SessionEvents } from "./0019-session-events.ts";
import { Migration0020Mail } from "./0020-mail.ts";
import { Migration0021AccessRule } from "./0021-access-rule.ts";
import { Migration0025Approval } from "./0025-approval.ts";

/** All migrations, in the order in which they run. A migration that was released is never changed; a new one is appended. */
export const MIGRATIONS: MigrationObject[] = [
  { name: "0001-directory", class: Migration0001Directory },
  { name: "0002-search-indexes", class: Migration0002SearchIndexes },
  { name: "0003-capture", class: Migration0003Capture },
  { name: "0004-derivation", class: Migration0004Derivation },
  { name: "0005-time", class: Migration0005Time },
  { name: "0006-audit-attempt", class: Migration0006AuditAttempt },
  { name: "0007-user-version", class: Migration0007UserVersion },
  { name: "0008-audit-log", class: Migration0008AuditLog },
  { name: "0009-retention", class: Migration0009Retention },
  { name: "0010-saved-search", class: Migration0010SavedSearch },
  { name: "0011-matching", class: Migration0011Matching },
  { name: "0012-time-passes", class: Migration0012TimePasses },
  { name: "0013-sign-in", class: Migration0013SignIn },
  { name: "0014-token-rotation", class: Migration0014TokenRotation },
  { name: "0015-immovable-clock", class: Migration0015ImmovableClock },
  { name: "0016-order-indexes", class: Migration0016OrderIndexes },
  { name: "0017-audit-retention", class: Migration0017AuditRetention },
  { name: "0019-session-events", class: Migration0019SessionEvents },
  { name: "0020-mail", class: Migration0020Mail },
  { name: "0021-access-rule", class: Migration0021AccessRule },
  { name: "0025-approval", class: Migration0025Approval },
];
