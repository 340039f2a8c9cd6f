/** What a kind of work is called at each step of its ladder, and what marks the people who do it. */
export interface Craft {
  /** From the first year on to the most senior; `*` is one of the `work`s. */
  ladder: readonly string[];
  work: readonly string[];
  /** Who leads a team of them, and a department. */
  lead: string;
  director: string;
  tags: readonly string[];
  certifications: readonly string[];
}

const split = (list: string): string[] => list.split(", ");
const ENGINEERS = "Junior *, *, *, Senior *, Senior *, Staff *, Principal *";
const PROFESSIONALS = "Associate *, *, *, Senior *, Senior *, Lead *";
const craft = (
  ladder: string,
  work: string,
  lead: string,
  director: string,
  tags: string,
  certifications: string,
): Craft => ({
  ladder: split(ladder),
  work: split(work),
  lead,
  director,
  tags: split(tags),
  certifications: split(certifications),
});

/** The crafts of the demo by a short name that the units use. */
export const CRAFTS = {
  software: craft(
    ENGINEERS,
    "Software Engineer, Backend Engineer, Frontend Engineer",
    "Engineering Manager",
    "Director of Engineering",
    "graphql, typescript, rust, mentor",
    "CKA, AWS-SAA, PSM-I",
  ),
  reliability: craft(
    ENGINEERS,
    "Site Reliability Engineer, Platform Engineer",
    "Engineering Manager",
    "Director of Platform",
    "on-call, kubernetes, rust, incident-lead",
    "CKA, CKS, ITIL-4",
  ),
  data: craft(
    ENGINEERS,
    "Data Scientist, Data Engineer, Oceanographer",
    "Data Science Manager",
    "Director of Data",
    "python, forecasting, mentor, phd",
    "GCP-PDE, DAMA",
  ),
  support: craft(
    PROFESSIONALS,
    "IT Support Specialist, Systems Administrator",
    "IT Support Manager",
    "Director of Workplace IT",
    "on-call, laptops, mentor, vip-support",
    "ITIL-4, COMPTIA-A",
  ),
  security: craft(
    ENGINEERS,
    "Security Engineer, Security Analyst",
    "Security Manager",
    "Chief Information Security Officer",
    "on-call, red-team, incident-lead, mentor",
    "CISSP, OSCP, ISO-27001-LA",
  ),
  mechanical: craft(
    ENGINEERS,
    "Mechanical Engineer, Hydrodynamics Engineer, Materials Engineer",
    "Mechanical Engineering Manager",
    "Director of Mechanical Design",
    "cad, composites, patents, mentor",
    "CENG, IWE",
  ),
  electrical: craft(
    ENGINEERS,
    "Electrical Engineer, Controls Engineer, Power Electronics Engineer",
    "Electrical Engineering Manager",
    "Director of Electrical Systems",
    "high-voltage, plc, patents, mentor",
    "CENG, IEC-61511",
  ),
  field: craft(
    "Apprentice Technician, *, *, Senior *, Senior *, Chief *",
    "Turbine Technician, Marine Technician, Cable Technician",
    "Maintenance Supervisor",
    "Works Manager",
    "offshore, high-voltage, first-aid, night-shift",
    "GWO-BST, STCW, HV-AP",
  ),
  control: craft(
    "Trainee *, *, *, Senior *, Shift Lead",
    "Control Room Operator, Grid Dispatcher",
    "Control Room Supervisor",
    "Head of Control",
    "night-shift, first-aid, on-call",
    "GWO-BST, NERC-RC",
  ),
  logistics: craft(
    PROFESSIONALS,
    "Logistics Planner, Vessel Coordinator, Safety Adviser",
    "Logistics Manager",
    "Director of Logistics",
    "offshore, first-aid, customs",
    "APICS-CSCP, NEBOSH",
  ),
  sales: craft(
    "Sales Development Representative, Account Executive, Account Executive, Senior Account Executive, Enterprise Account Executive",
    "Account Executive",
    "Regional Sales Manager",
    "Director of Sales",
    "quota-club, travels, public-sector",
    "MEDDIC, CSP",
  ),
  success: craft(
    PROFESSIONALS,
    "Customer Success Manager, Support Engineer, Solutions Consultant",
    "Customer Success Lead",
    "Director of Customer Success",
    "on-call, travels, graphql",
    "CCSM, ITIL-4",
  ),
  marketing: craft(
    PROFESSIONALS,
    "Content Strategist, Designer, Brand Strategist, Product Marketer",
    "Marketing Manager",
    "Director of Marketing",
    "events, copywriting, travels",
    "CIM, GA4",
  ),
  product: craft(
    PROFESSIONALS,
    "Product Manager, Product Designer, User Researcher",
    "Group Product Manager",
    "Director of Product",
    "research, graphql, mentor",
    "CSPO, NN-UX",
  ),
  people: craft(
    PROFESSIONALS,
    "People Partner, Recruiter, Learning Designer, Payroll Specialist",
    "People Operations Manager",
    "Director of People Operations",
    "mediator, first-aid, mentor",
    "CIPD, SHRM-CP",
  ),
  finance: craft(
    PROFESSIONALS,
    "Accountant, Financial Analyst, Controller, Buyer",
    "Finance Manager",
    "Director of Finance",
    "month-end, sap, mentor",
    "ACCA, CFA, CIPS",
  ),
  legal: craft(
    "Paralegal, Legal Counsel, Legal Counsel, Senior Legal Counsel, Associate General Counsel",
    "Legal Counsel",
    "Managing Counsel",
    "General Counsel",
    "contracts, privacy, patents",
    "CIPP-E, BAR",
  ),
  audit: craft(
    PROFESSIONALS,
    "Internal Auditor, Risk Analyst",
    "Audit Manager",
    "Head of Internal Audit",
    "sox, iso-27001, travels",
    "CIA, CISA",
  ),
  consulting: craft(
    PROFESSIONALS,
    "Consultant, Survey Engineer, Marine Biologist",
    "Engagement Manager",
    "Partner Director",
    "external, offshore, travels",
    "PMP, IMCA",
  ),
} as const satisfies Record<string, Craft>;

export type CraftName = keyof typeof CRAFTS;
