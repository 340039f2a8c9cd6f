/**
 * @generated SignedSource<<4bcde55004d71b5a38aa21e888296a19>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import type { ConcreteRequest } from 'relay-runtime';
export type EmployeeType = "CONTRACTOR" | "EMPLOYEE" | "INTERN" | "PARTNER" | "SERVICE";
export type IdentitySource = "HRIS" | "IMPORT" | "LDAP" | "LOCAL" | "OIDC" | "SCIM";
export type UpdateUserInput = {
  addresses?: ReadonlyArray<UserAddressInput> | null | undefined;
  attributes?: any | null | undefined;
  costCenter?: string | null | undefined;
  country?: string | null | undefined;
  department?: string | null | undefined;
  displayName?: string | null | undefined;
  division?: string | null | undefined;
  email?: any | null | undefined;
  emails?: ReadonlyArray<UserEmailInput> | null | undefined;
  employeeNumber?: string | null | undefined;
  employeeType?: EmployeeType | null | undefined;
  expectedVersion?: number | null | undefined;
  familyName?: string | null | undefined;
  givenName?: string | null | undefined;
  hiredOn?: any | null | undefined;
  honorificPrefix?: string | null | undefined;
  honorificSuffix?: string | null | undefined;
  id: string;
  idempotencyKey?: string | null | undefined;
  identities?: ReadonlyArray<ExternalIdentityInput> | null | undefined;
  locale?: string | null | undefined;
  location?: string | null | undefined;
  managerId?: string | null | undefined;
  middleName?: string | null | undefined;
  nickName?: string | null | undefined;
  orgUnitId?: string | null | undefined;
  phone?: string | null | undefined;
  phones?: ReadonlyArray<UserPhoneInput> | null | undefined;
  preferredLanguage?: string | null | undefined;
  reason?: string | null | undefined;
  tags?: ReadonlyArray<string> | null | undefined;
  terminatesOn?: any | null | undefined;
  timezone?: string | null | undefined;
  title?: string | null | undefined;
  username?: string | null | undefined;
};
export type UserAddressInput = {
  country?: string | null | undefined;
  locality?: string | null | undefined;
  postalCode?: string | null | undefined;
  primary?: boolean | null | undefined;
  region?: string | null | undefined;
  streetAddress?: string | null | undefined;
  type?: string | null | undefined;
};
export type UserEmailInput = {
  primary?: boolean | null | undefined;
  type?: string | null | undefined;
  value: any;
};
export type ExternalIdentityInput = {
  externalId: string;
  issuer?: string | null | undefined;
  source: IdentitySource;
};
export type UserPhoneInput = {
  primary?: boolean | null | undefined;
  type?: string | null | undefined;
  value: string;
};
export type relayTagMutation$variables = {
  input: UpdateUserInput;
};
export type relayTagMutation$data = {
  readonly updateUser: {
    readonly position: any;
    readonly user: {
      readonly displayName: string;
      readonly id: string;
      readonly tags: ReadonlyArray<string> | null | undefined;
      readonly version: number;
    } | null | undefined;
  };
};
export type relayTagMutation = {
  response: relayTagMutation$data;
  variables: relayTagMutation$variables;
};

const node: ConcreteRequest = (function(){
var v0 = [
  {
    "defaultValue": null,
    "kind": "LocalArgument",
    "name": "input"
  }
],
v1 = [
  {
    "alias": null,
    "args": [
      {
        "kind": "Variable",
        "name": "input",
        "variableName": "input"
      }
    ],
    "concreteType": "UserPayload",
    "kind": "LinkedField",
    "name": "updateUser",
    "plural": false,
    "selections": [
      {
        "alias": null,
        "args": null,
        "concreteType": "User",
        "kind": "LinkedField",
        "name": "user",
        "plural": false,
        "selections": [
          {
            "alias": null,
            "args": null,
            "kind": "ScalarField",
            "name": "id",
            "storageKey": null
          },
          {
            "alias": null,
            "args": null,
            "kind": "ScalarField",
            "name": "version",
            "storageKey": null
          },
          {
            "alias": null,
            "args": null,
            "kind": "ScalarField",
            "name": "displayName",
            "storageKey": null
          },
          {
            "alias": null,
            "args": null,
            "kind": "ScalarField",
            "name": "tags",
            "storageKey": null
          }
        ],
        "storageKey": null
      },
      {
        "alias": null,
        "args": null,
        "kind": "ScalarField",
        "name": "position",
        "storageKey": null
      }
    ],
    "storageKey": null
  }
];
return {
  "fragment": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Fragment",
    "metadata": null,
    "name": "relayTagMutation",
    "selections": (v1/*:: as any*/),
    "type": "Mutation",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Operation",
    "name": "relayTagMutation",
    "selections": (v1/*:: as any*/)
  },
  "params": {
    "cacheID": "7d5ab43290e2a0516ad640f9709a56ad",
    "id": null,
    "metadata": {},
    "name": "relayTagMutation",
    "operationKind": "mutation",
    "text": "mutation relayTagMutation(\n  $input: UpdateUserInput!\n) {\n  updateUser(input: $input) {\n    user {\n      id\n      version\n      displayName\n      tags\n    }\n    position\n  }\n}\n"
  }
};
})();

(node as any).hash = "d679f5c78341b6e873552da5f74002aa";

export default node;
