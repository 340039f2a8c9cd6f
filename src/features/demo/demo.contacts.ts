import type { Selectable } from "kysely";
import type { UserAddressRow, UserEmailRow, UserIdentityRow, UserPhoneRow } from "../../database/tables.ts";
import type { Calendar } from "./demo.calendar.ts";
import { type Chance, demoId } from "./demo.chance.ts";
import { inAscii } from "./demo.names.ts";
import type { DemoPerson } from "./demo.roster.ts";

/** How people are reached and what other systems call them, as rows. */
export interface ContactRows {
  emails: Selectable<UserEmailRow>[];
  phones: Selectable<UserPhoneRow>[];
  addresses: Selectable<UserAddressRow>[];
  identities: Selectable<UserIdentityRow>[];
}

/** All of them for one person, in the order in which they are shown. */
export const contactsOf = (person: DemoPerson, calendar: Calendar): ContactRows => ({
  emails: emailsOf(person).map((email, place) => ({
    ...listed("email", person, place),
    ...email,
    is_primary: place === 0,
  })),
  phones: phonesOf(person).map((phone, place) => ({
    ...listed("phone", person, place),
    ...phone,
    is_primary: place === 0,
  })),
  addresses: addressesOf(person).map((address, place) => ({
    ...listed("address", person, place),
    ...address,
    is_primary: place === 0,
  })),
  identities: identitiesOf(person).map((identity, place) => ({
    ...listed("identity", person, place),
    ...identity,
    last_synced_at: syncedAt(person, calendar),
  })),
});

const listed = (kind: string, { id, username }: DemoPerson, place: number) => ({
  id: demoId(kind, `${username}/${place}`),
  user_id: id,
  place,
});

/** Replaces every # by a digit. */
const filled = (pattern: string, chance: Chance): string => pattern.replace(/#/g, () => chance.digits(1));

type Email = Pick<Selectable<UserEmailRow>, "value" | "type" | "verified">;

const COMPANY_DOMAIN = "terntide.example";
const PRIVATE_DOMAINS = ["example.com", "example.net", "example.org"];

function emailsOf({ username, machine, type, unit, career, chance, account }: DemoPerson): Email[] {
  if (machine) return machine.email ? [{ value: machine.email, type: "work", verified: true }] : [];
  const domain =
    type === "PARTNER"
      ? `${inAscii(unit?.name ?? "")}.example`
      : type === "CONTRACTOR"
        ? `contractors.${COMPANY_DOMAIN}`
        : COMPANY_DOMAIN;
  const verified = account !== null || (career.status === "PENDING" ? false : chance.odds(93));
  const work: Email = { value: `${username}@${domain}`, type: "work", verified };
  const lot = chance.number() * 100;
  if (account || lot >= 45) return [work];
  const home: Email = {
    value: `${username.replaceAll(".", "_")}@${chance.of(PRIVATE_DOMAINS)}`,
    type: "home",
    verified: chance.odds(60),
  };
  const alias: Email = { value: `${username.split(".").reverse().join(".")}@${domain}`, type: "other", verified: true };
  // Whoever is still to come may have no address at the company yet.
  if (career.status === "PENDING") return [home];
  return lot < 8 && username.includes(".") ? [work, home, alias] : [work, home];
}

type Phone = Pick<Selectable<UserPhoneRow>, "value" | "type">;

function phonesOf({ site, chance }: DemoPerson): Phone[] {
  if (!site || chance.odds(12)) return [];
  const types = chance.odds(35) ? ["work", "mobile"] : ["mobile"];
  return types.map((type) => ({ value: filled(site.phone, chance), type }));
}

type Address = Omit<Selectable<UserAddressRow>, "id" | "user_id" | "place" | "is_primary">;

function addressesOf({ site, chance }: DemoPerson): Address[] {
  if (!site || chance.odds(25)) return [];
  const types = chance.odds(15) ? ["home", "work"] : ["home"];
  return types.map((type) => ({
    type,
    street_address: `${chance.of(site.streets)} ${chance.between(1, 190)}`,
    locality: site.location,
    region: site.region,
    postal_code: filled(site.postalCode, chance),
    country: site.country,
  }));
}

type Identity = Pick<Selectable<UserIdentityRow>, "source" | "issuer" | "external_id">;

function identitiesOf(person: DemoPerson): Identity[] {
  const { username, type, career, machine, chance } = person;
  const number = chance.digits(8);
  const ldap: Identity = {
    source: "LDAP",
    issuer: `ldaps://ldap.${COMPANY_DOMAIN}`,
    external_id: `uid=${username},ou=${machine ? "machines" : "people"},dc=terntide,dc=example`,
  };
  if (machine) return machine.unitCode ? [ldap] : [];
  const hris: Identity = { source: "HRIS", issuer: `https://hr.${COMPANY_DOMAIN}`, external_id: `W-${number}` };
  const oidc: Identity = {
    source: "OIDC",
    issuer: `https://login.${COMPANY_DOMAIN}`,
    external_id: demoId("subject", username).replaceAll("-", ""),
  };
  const scim: Identity = {
    source: "SCIM",
    issuer: "https://okeanos.example/scim/v2",
    external_id: demoId("scim", username),
  };
  if (type === "PARTNER") return [{ ...oidc, issuer: "https://id.partners.example" }];
  if (type === "CONTRACTOR") return chance.odds(50) ? [scim, ldap] : [ldap];
  if (type === null) return [];
  if (career.status === "PENDING") return [hris];
  return [
    hris,
    ...(chance.odds(85) ? [ldap] : []),
    ...(chance.odds(55) ? [oidc] : []),
    ...(chance.odds(8) ? [scim] : []),
  ];
}

/** Other systems tell of those who are here every day, and of those who left for the last time. */
function syncedAt({ career, chance }: DemoPerson, calendar: Calendar): Date {
  const synced =
    career.status === "ACTIVE" || career.status === "PENDING" ? calendar.in(-chance.number()) : career.statusChangedAt;
  return synced > career.createdAt ? synced : career.createdAt;
}
