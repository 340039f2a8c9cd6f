import type { CraftName } from "./demo.crafts.ts";
import type { SiteName } from "./demo.sites.ts";

export type UnitKind = "COMPANY" | "DIVISION" | "DEPARTMENT" | "TEAM" | "LOCATION" | "PARTNER";

/** A unit as it is declared below: who works in it is said for the units that have people beside their head. */
export interface DeclaredUnit {
  code: string;
  name: string;
  kind: UnitKind;
  /** The title of whoever heads it, where the craft does not say. */
  head?: string;
  craft?: CraftName;
  sites?: readonly SiteName[];
  /** People in it, the head included. */
  people?: number;
  below?: readonly DeclaredUnit[];
}

/** Anywhere in the company, where nothing is said. */
export const HOME: readonly SiteName[] = ["edinburgh", "aarhus", "hamburg"];
const FOLLOW_THE_SUN: readonly SiteName[] = ["edinburgh", "boston", "singapore", "auckland"];

const division = (code: string, name: string, head: string, below: DeclaredUnit[]): DeclaredUnit => ({
  code,
  name,
  kind: "DIVISION",
  head,
  people: 3,
  below,
});
const department = (
  code: string,
  name: string,
  craft: CraftName,
  sites: readonly SiteName[],
  below: DeclaredUnit[],
): DeclaredUnit => ({ code, name, kind: "DEPARTMENT", craft, sites, people: 2, below });
const team = (code: string, name: string, people: number, more: Partial<DeclaredUnit> = {}): DeclaredUnit => ({
  code,
  name,
  kind: "TEAM",
  people,
  ...more,
});
/** A team that is made of teams. */
const group = (code: string, name: string, below: DeclaredUnit[], more: Partial<DeclaredUnit> = {}): DeclaredUnit =>
  team(code, name, 2, { below, ...more });
const works = (code: string, name: string, site: SiteName, maintenance: number, control: number): DeclaredUnit => ({
  code,
  name,
  kind: "LOCATION",
  craft: "field",
  head: "Works Manager",
  sites: [site],
  people: 3,
  below: [
    team(`${code}-MNT`, `${name} Maintenance`, maintenance),
    team(`${code}-CTL`, `${name} Control Room`, control, { craft: "control" }),
  ],
});
const partner = (code: string, name: string, sites: readonly SiteName[], people: number): DeclaredUnit => ({
  code,
  name,
  kind: "PARTNER",
  craft: "consulting",
  head: "Engagement Manager",
  sites,
  people,
});

const TECHNOLOGY = division("TEC", "Technology", "Chief Technology Officer", [
  department(
    "TEC-PLT",
    "Platform",
    "reliability",
    ["edinburgh", "gdansk", "bengaluru"],
    [
      group("TEC-PLT-CLD", "Cloud Infrastructure", [
        team("TEC-PLT-CLD-CMP", "Compute", 11),
        team("TEC-PLT-CLD-NET", "Networking", 9),
        team("TEC-PLT-CLD-STO", "Storage", 9),
      ]),
      group("TEC-PLT-SRE", "Site Reliability", [
        team("TEC-PLT-SRE-EAST", "Site Reliability East", 8, { sites: ["singapore", "bengaluru", "auckland"] }),
        team("TEC-PLT-SRE-WEST", "Site Reliability West", 9, { sites: ["edinburgh", "halifax"] }),
      ]),
      team("TEC-PLT-DX", "Developer Experience", 11, { craft: "software" }),
    ],
  ),
  department(
    "TEC-APP",
    "Applications",
    "software",
    ["edinburgh", "porto", "bengaluru", "osaka"],
    [
      group("TEC-APP-GRD", "Grid Software", [
        team("TEC-APP-GRD-DSP", "Dispatch Software", 12),
        team("TEC-APP-GRD-FCT", "Forecasting Software", 12),
        team("TEC-APP-GRD-MKT", "Energy Market Software", 10),
      ]),
      group("TEC-APP-CUS", "Customer Software", [
        team("TEC-APP-CUS-MOB", "Mobile", 10),
        team("TEC-APP-CUS-WEB", "Web", 13),
        team("TEC-APP-CUS-API", "Public API", 9),
      ]),
      team("TEC-APP-QA", "Quality", 9),
    ],
  ),
  department(
    "TEC-DAT",
    "Data & Modelling",
    "data",
    ["zurich", "bengaluru", "boston"],
    [
      team("TEC-DAT-OCE", "Ocean Models", 12),
      team("TEC-DAT-PRD", "Predictive Maintenance", 11),
      team("TEC-DAT-ENG", "Data Engineering", 12),
    ],
  ),
  department(
    "TEC-PRD",
    "Product",
    "product",
    ["edinburgh", "porto", "boston"],
    [team("TEC-PRD-PM", "Product Management", 11), team("TEC-PRD-UX", "Design & Research", 12)],
  ),
  department(
    "TEC-IT",
    "Workplace IT",
    "support",
    ["edinburgh", "hamburg", "nairobi"],
    [
      group("TEC-IT-HD", "Help Desk", [
        team("TEC-IT-HD-EMEA", "Help Desk EMEA", 10),
        team("TEC-IT-HD-AMER", "Help Desk Americas", 6, { sites: ["halifax", "boston"] }),
        team("TEC-IT-HD-APAC", "Help Desk Asia Pacific", 7, { sites: ["singapore", "auckland"] }),
      ]),
      team("TEC-IT-IAM", "Identity & Access", 9),
    ],
  ),
  department(
    "TEC-SEC",
    "Security",
    "security",
    ["zurich", "edinburgh", "boston"],
    [
      team("TEC-SEC-OPS", "Security Operations", 11, { sites: FOLLOW_THE_SUN }),
      team("TEC-SEC-ENG", "Security Engineering", 9),
    ],
  ),
]);

const TURBINES = division("TRB", "Turbine Engineering", "Chief Engineer", [
  department(
    "TRB-MEC",
    "Mechanical Design",
    "mechanical",
    ["aarhus", "hamburg", "bilbao"],
    [
      group("TRB-MEC-ROT", "Rotors", [
        team("TRB-MEC-ROT-BLD", "Blades", 13),
        team("TRB-MEC-ROT-HUB", "Hubs & Pitch", 10),
      ]),
      team("TRB-MEC-FND", "Foundations & Moorings", 13),
      team("TRB-MEC-TST", "Tank Testing", 9, { sites: ["aarhus"] }),
    ],
  ),
  department(
    "TRB-ELC",
    "Electrical Systems",
    "electrical",
    ["hamburg", "gdansk", "osaka"],
    [
      team("TRB-ELC-GEN", "Generators", 13),
      team("TRB-ELC-PWR", "Power Electronics", 12),
      team("TRB-ELC-CTL", "Control Systems", 12),
    ],
  ),
  department(
    "TRB-RND",
    "Research",
    "data",
    ["aarhus", "zurich"],
    [team("TRB-RND-MAT", "Materials Lab", 9, { craft: "mechanical" }), team("TRB-RND-HYD", "Hydrodynamics Lab", 9)],
  ),
]);

const OPERATIONS = division("OPS", "Operations", "Chief Operating Officer", [
  department(
    "OPS-PLT",
    "Plants",
    "field",
    ["orkney", "aarhus"],
    [
      works("OPS-PLT-ORK", "Orkney Works", "orkney", 20, 12),
      works("OPS-PLT-FUN", "Fundy Works", "halifax", 18, 11),
      works("OPS-PLT-AAR", "Aarhus Works", "aarhus", 16, 9),
      works("OPS-PLT-GDN", "Gdańsk Yard", "gdansk", 18, 8),
      works("OPS-PLT-AKL", "Hauraki Works", "auckland", 14, 8),
      works("OPS-PLT-CPT", "Agulhas Works", "capeTown", 14, 8),
    ],
  ),
  department(
    "OPS-LOG",
    "Marine Logistics",
    "logistics",
    ["hamburg", "singapore", "dubai"],
    [
      team("OPS-LOG-VES", "Vessels", 14),
      team("OPS-LOG-WHS", "Spare Parts", 11),
      team("OPS-LOG-PLN", "Campaign Planning", 8),
    ],
  ),
  department(
    "OPS-HSE",
    "Health, Safety & Environment",
    "logistics",
    ["edinburgh", "bilbao", "nairobi"],
    [team("OPS-HSE-SAF", "Offshore Safety", 10), team("OPS-HSE-ENV", "Marine Environment", 8, { craft: "data" })],
  ),
]);

const COMMERCIAL = division("COM", "Commercial", "Chief Commercial Officer", [
  department(
    "COM-SAL",
    "Sales",
    "sales",
    ["edinburgh", "hamburg"],
    [
      group("COM-SAL-EMEA", "Sales EMEA", [
        team("COM-SAL-EMEA-N", "Sales Northern Europe", 10, { sites: ["aarhus", "hamburg", "edinburgh"] }),
        team("COM-SAL-EMEA-S", "Sales Southern Europe", 9, { sites: ["porto", "bilbao"] }),
        team("COM-SAL-EMEA-ME", "Sales Middle East & Africa", 9, { sites: ["dubai", "nairobi", "capeTown"] }),
      ]),
      team("COM-SAL-AMER", "Sales Americas", 12, { sites: ["boston", "halifax"] }),
      team("COM-SAL-APAC", "Sales Asia Pacific", 12, { sites: ["singapore", "osaka", "auckland", "bengaluru"] }),
    ],
  ),
  department(
    "COM-SUC",
    "Customer Success",
    "success",
    ["edinburgh", "boston", "singapore"],
    [
      team("COM-SUC-ENT", "Enterprise Success", 13),
      team("COM-SUC-SUP", "Technical Support", 15, { sites: FOLLOW_THE_SUN }),
    ],
  ),
  department(
    "COM-MKT",
    "Marketing",
    "marketing",
    ["porto", "edinburgh", "boston"],
    [team("COM-MKT-BRD", "Brand", 9), team("COM-MKT-GRW", "Growth", 9)],
  ),
]);

const PEOPLE = division("PPL", "People", "Chief People Officer", [
  department(
    "PPL-OPS",
    "People Operations",
    "people",
    ["edinburgh", "gdansk", "singapore"],
    [team("PPL-OPS-PAY", "Payroll & Benefits", 10), team("PPL-OPS-PRT", "People Partners", 12)],
  ),
  department(
    "PPL-TAL",
    "Talent",
    "people",
    ["edinburgh", "bengaluru", "boston"],
    [team("PPL-TAL-ACQ", "Talent Acquisition", 12), team("PPL-TAL-LRN", "Learning", 8)],
  ),
]);

const FINANCE = division("FIN", "Finance & Legal", "Chief Financial Officer", [
  department(
    "FIN-ACC",
    "Accounting",
    "finance",
    ["edinburgh", "gdansk"],
    [
      team("FIN-ACC-GL", "General Ledger", 12),
      team("FIN-ACC-TAX", "Tax & Treasury", 9, { sites: ["zurich", "edinburgh"] }),
      team("FIN-ACC-PRC", "Procurement", 11),
    ],
  ),
  department(
    "FIN-LEG",
    "Legal",
    "legal",
    ["edinburgh", "boston", "zurich"],
    [team("FIN-LEG-CON", "Contracts", 8), team("FIN-LEG-IPR", "Patents & Privacy", 7)],
  ),
  department("FIN-AUD", "Internal Audit", "audit", ["zurich", "edinburgh"], [team("FIN-AUD-IT", "IT Audit", 6)]),
]);

const PARTNERS: DeclaredUnit = {
  code: "PRT",
  name: "Partner Network",
  kind: "PARTNER",
  head: "Head of Partnerships",
  craft: "consulting",
  people: 4,
  below: [
    partner("PRT-KES", "Kestrel Marine Services", ["orkney", "gdansk"], 16),
    partner("PRT-NOR", "Nordlys Survey", ["aarhus"], 11),
    partner("PRT-BLM", "Blue Mangrove Consulting", ["singapore", "nairobi"], 12),
  ],
};

/** Tern & Tide, who build tidal power plants and the software that runs them. */
export const COMPANY: DeclaredUnit = {
  code: "TT",
  name: "Tern & Tide",
  kind: "COMPANY",
  head: "Chief Executive Officer",
  craft: "product",
  people: 3,
  below: [TECHNOLOGY, TURBINES, OPERATIONS, COMMERCIAL, PEOPLE, FINANCE, PARTNERS],
};
