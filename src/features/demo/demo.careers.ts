import type { EmployeeType, UserStatus } from "../users/user.entity.ts";
import type { Calendar } from "./demo.calendar.ts";
import { beginningOf, endOf, HOUR } from "./demo.calendar.ts";
import type { Chance } from "./demo.chance.ts";
import type { Fate } from "./demo.fates.ts";

/** Where somebody stands in their lifecycle, and since when. */
export interface Career {
  status: UserStatus;
  statusReason: string | null;
  statusChangedAt: Date;
  statusUntil: Date | null;
  statusBefore: UserStatus | null;
  deletedAt: Date | null;
  /** Null for partners and machines, whom HR does not know. */
  hiredOn: string | null;
  terminatesOn: string | null;
  /** How long they have been, or were, here. */
  years: number;
  createdAt: Date;
  updatedAt: Date;
}

export interface Prospect {
  fate: Fate;
  type: EmployeeType | null;
  /** 0 for those to whom nobody reports, 4 at the top. */
  rank: number;
}

/** The directory was set up so many days ago; whoever began before that has been in it from then on. */
const DIRECTORY_DAYS = 2_600;
const YEAR = 365.2425;

type Standing = Pick<Career, "status"> &
  Partial<Pick<Career, "statusReason" | "statusUntil" | "statusBefore">> & { since?: number };

/** A career that fits a fate and the kind of employment. */
export function careerOf(chance: Chance, calendar: Calendar, prospect: Prospect): Career {
  const { fate, type } = prospect;
  const began = daysSinceBeginning(chance, prospect);
  const hiredOn =
    fate.kind === "began"
      ? calendar.anniversary(fate.years, fate.day)
      : fate.kind === "joins"
        ? calendar.day(fate.day)
        : calendar.workday(-began);
  const dates = { hiredOn: type === "PARTNER" ? null : hiredOn, terminatesOn: lastDay(chance, calendar, prospect) };
  const hours = chance.between(7, 17) * HOUR;
  const firstDay = new Date(beginningOf(hiredOn).getTime() + hours);
  const known = new Date(
    Math.max(firstDay.getTime() - chance.between(3, 21) * 24 * HOUR, calendar.in(-DIRECTORY_DAYS).getTime() + hours),
  );
  const createdAt = calendar.past(known);
  const { since, ...standing } = standingOf(chance, calendar, fate);
  const latest = (instant: Date) => new Date(Math.max(instant.getTime(), createdAt.getTime()));
  const statusChangedAt =
    since === undefined
      ? latest(fate.kind === "joins" ? createdAt : calendar.past(firstDay))
      : latest(calendar.in(since));
  return {
    statusReason: null,
    statusUntil: null,
    statusBefore: null,
    ...standing,
    ...dates,
    statusChangedAt,
    deletedAt: standing.status === "DELETED" ? statusChangedAt : null,
    years: Math.max(0, began / YEAR),
    createdAt,
    updatedAt: since === undefined ? lastEdit(chance, calendar, statusChangedAt) : statusChangedAt,
  };
}

/** A machine's account works from the day on which somebody made it. */
export function machineCareer(chance: Chance, calendar: Calendar): Career {
  const createdAt = calendar.in(-chance.between(40, DIRECTORY_DAYS - 100));
  return {
    status: "ACTIVE",
    statusReason: null,
    statusUntil: null,
    statusBefore: null,
    deletedAt: null,
    statusChangedAt: createdAt,
    hiredOn: null,
    terminatesOn: null,
    years: 0,
    createdAt,
    updatedAt: lastEdit(chance, calendar, createdAt),
  };
}

/** How many days ago they began; negative for those who are to come. */
function daysSinceBeginning(chance: Chance, { fate, type, rank }: Prospect): number {
  const lot = chance.number();
  if (fate.kind === "joins") return -fate.day;
  if (fate.kind === "began") return Math.round(fate.years * YEAR) - fate.day;
  const gone = fate.kind === "left" ? -fate.day : 0;
  const settled = fate.kind === "steady" ? 8 : 70; // Nobody is locked out, on leave or about to go in their first week.
  if (type === "INTERN") return gone + settled + Math.round(lot * 100);
  if (type === "CONTRACTOR") return gone + settled + Math.round(lot * 600);
  // Twenty years in all: the company grew, so most have not been here for long, and whoever leads has been longer.
  const years = rank === 0 ? 17 * lot ** 1.9 : Math.min(19.5, 2 + 4 * rank + 4 * lot);
  return Math.min(Math.round(20 * YEAR), gone + settled + Math.round(years * YEAR));
}

/** The last day, where it is known: of leavers, of those who gave notice, and of everybody who is here for a time. */
function lastDay(chance: Chance, calendar: Calendar, { fate, type }: Prospect): string | null {
  if (fate.kind === "left") return calendar.day(Math.min(fate.day, -1));
  if (fate.kind === "ends") return calendar.day(fate.day);
  const begins = fate.kind === "joins" ? fate.day : 0;
  if (type === "INTERN") return calendar.day(begins + chance.between(6, 120));
  if (type === "CONTRACTOR") return calendar.day(begins + chance.between(6, 300));
  return null;
}

const LOCK_REASONS = [
  "Too many failed sign-ins.",
  "Signed in from two continents within an hour.",
  "Reported a lost laptop.",
];
const SUSPENSION_REASONS = [
  "Under investigation by People Operations.",
  "Mandatory safety training is overdue.",
  "Contract is being renegotiated.",
];
const LEAVING_REASONS = ["Resigned.", "End of contract.", "Retired.", "Moved to another company.", "Position closed."];

function standingOf(chance: Chance, calendar: Calendar, fate: Fate): Standing {
  switch (fate.kind) {
    case "joins":
      return { status: "PENDING", statusReason: "Begins soon." };
    case "onLeave":
      return {
        status: "INACTIVE",
        statusReason: chance.of(["Parental leave.", "Sabbatical.", "Medical leave."]),
        since: fate.day,
      };
    case "locked":
      return {
        status: "LOCKED",
        statusReason: chance.of(LOCK_REASONS),
        statusUntil: until(calendar, fate.until),
        since: fate.day,
      };
    case "suspended":
      return {
        status: "SUSPENDED",
        statusReason: chance.of(SUSPENSION_REASONS),
        statusUntil: until(calendar, fate.until),
        since: fate.day,
      };
    case "left": {
      const statusBefore = fate.status === "DELETED" ? chance.of<UserStatus>(["INACTIVE", "ARCHIVED"]) : null;
      return {
        status: fate.status,
        statusReason: chance.of(LEAVING_REASONS),
        statusBefore,
        since: fate.day + chance.number() * 0.9,
      };
    }
    default:
      return { status: "ACTIVE" };
  }
}

const until = (calendar: Calendar, days: number | null): Date | null => (days === null ? null : calendar.in(days));

/** Half of all records have been left alone for long; the others were touched within the last months. */
function lastEdit(chance: Chance, calendar: Calendar, since: Date): Date {
  const recently = calendar.in(-(200 * chance.number() ** 2));
  return chance.odds(50) && recently > since ? recently : since;
}

/** When access ends that is bound to somebody's last day: behind it, and only where it is to come. */
export const endOfAccess = (calendar: Calendar, { terminatesOn }: Career): Date | null =>
  terminatesOn !== null && endOf(terminatesOn) > calendar.now ? endOf(terminatesOn) : null;
