import { named, type PersonName } from "./demo.names.ts";
import type { SiteName } from "./demo.sites.ts";

/** Somebody whom the documentation calls by name. They take a seat in their unit and always look the same. */
export interface NamedAccount {
  username: string;
  name: PersonName;
  unitCode: string;
  title: string;
  site: SiteName;
  /** How long they have been here. */
  years: number;
  /** The role they are known for, and the unit over which they hold it; null: everywhere. */
  role: string;
  scopeCode: string | null;
}

/** The people whom the documentation signs in as, one for each way of using the gateway. */
export const NAMED_ACCOUNTS: readonly NamedAccount[] = [
  {
    username: "ada.admin",
    name: named("Ada", "Adéyẹmí"),
    unitCode: "TEC-IT-IAM",
    title: "Identity Architect",
    site: "edinburgh",
    years: 9,
    role: "administrator",
    scopeCode: null,
  },
  {
    username: "dana.division",
    name: named("Dana", "Lindqvist"),
    unitCode: "OPS",
    title: "Operations Administrator",
    site: "aarhus",
    years: 6,
    role: "division-admin",
    scopeCode: "OPS",
  },
  {
    username: "harper.helpdesk",
    name: named("Harper", "Nguyễn"),
    unitCode: "TEC-IT-HD-EMEA",
    title: "IT Support Specialist",
    site: "hamburg",
    years: 3,
    role: "help-desk",
    scopeCode: null,
  },
  {
    username: "audrey.auditor",
    name: named("Audrey", "Lefèvre"),
    unitCode: "FIN-AUD-IT",
    title: "Senior Internal Auditor",
    site: "zurich",
    years: 4,
    role: "auditor",
    scopeCode: null,
  },
  {
    username: "evan.employee",
    name: named("Evan", "Kowalczyk"),
    unitCode: "TEC-APP-CUS-WEB",
    title: "Frontend Engineer",
    site: "porto",
    years: 2,
    role: "employee",
    scopeCode: null,
  },
];

/** A machine's account: what it is for, the unit that answers for it, and the role that it works with. */
export interface MachineAccount {
  username: string;
  display: string;
  /** Null where nobody knows any more. */
  unitCode: string | null;
  role: string | null;
  email?: string;
}

/** Accounts of no person. Some have nobody who answers for them: a search worth saving. */
export const MACHINE_ACCOUNTS: readonly MachineAccount[] = [
  {
    username: "svc-hris-sync",
    display: "HR system feed",
    unitCode: "TEC-IT-IAM",
    role: "integration",
    email: "iam-alerts@terntide.example",
  },
  { username: "svc-scim-okeanos", display: "SCIM client of Okeanos", unitCode: "TEC-IT-IAM", role: "integration" },
  { username: "svc-ldap-bridge", display: "LDAP bridge", unitCode: "TEC-IT-IAM", role: "integration" },
  {
    username: "svc-access-review",
    display: "Access review reports",
    unitCode: "FIN-AUD-IT",
    role: "auditor",
    email: "access-review@terntide.example",
  },
  { username: "svc-siem-export", display: "Security event export", unitCode: "TEC-SEC-OPS", role: "auditor" },
  { username: "svc-backup", display: "Nightly backup", unitCode: "TEC-PLT-CLD-STO", role: null },
  { username: "svc-deploy-eu", display: "Deployment Europe", unitCode: "TEC-PLT-DX", role: "on-call-engineer" },
  { username: "svc-deploy-apac", display: "Deployment Asia Pacific", unitCode: "TEC-PLT-DX", role: "on-call-engineer" },
  { username: "svc-tide-model", display: "Tide model runner", unitCode: "TEC-DAT-OCE", role: "engineer" },
  { username: "svc-scada-ork", display: "Plant control gateway Orkney", unitCode: "OPS-PLT-ORK-CTL", role: null },
  { username: "svc-scada-fun", display: "Plant control gateway Fundy", unitCode: "OPS-PLT-FUN-CTL", role: null },
  {
    username: "svc-payroll-export",
    display: "Payroll export",
    unitCode: "PPL-OPS-PAY",
    role: null,
    email: "payroll-export@terntide.example",
  },
  { username: "svc-badge-doors", display: "Door badges", unitCode: "TEC-IT", role: "employee" },
  { username: "svc-legacy-erp", display: "Old ERP connector", unitCode: null, role: "integration" },
  { username: "svc-test-runner", display: "Test runner", unitCode: null, role: null },
  { username: "svc-unknown-7", display: "svc-unknown-7", unitCode: null, role: null },
];
