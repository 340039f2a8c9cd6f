/**
 * @generated SignedSource<<d5eb73273d836521abebf47d068e7388>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import type { ConcreteRequest } from 'relay-runtime';
import type { FragmentRefs } from "relay-runtime";
export type EmployeeType = "CONTRACTOR" | "EMPLOYEE" | "INTERN" | "PARTNER" | "SERVICE";
export type IdentitySource = "HRIS" | "IMPORT" | "LDAP" | "LOCAL" | "OIDC" | "SCIM";
export type MfaMethod = "PASSKEY" | "RECOVERY_CODE" | "TOTP";
export type Permission = "AUDIT_READ" | "BULK_RUN" | "GROUP_MANAGE" | "IMPORT_RUN" | "ORG_MANAGE" | "ORG_READ" | "PROVISION" | "ROLE_GRANT" | "ROLE_MANAGE" | "ROLE_READ" | "SAVED_SEARCH_SHARE" | "SESSION_MANAGE" | "SETTINGS_MANAGE" | "USER_CREATE" | "USER_DELETE" | "USER_ERASE" | "USER_LIFECYCLE" | "USER_READ" | "USER_READ_CONTACT" | "USER_READ_SECURITY" | "USER_UPDATE";
export type UserStatus = "ACTIVE" | "ARCHIVED" | "DELETED" | "INACTIVE" | "LOCKED" | "PENDING" | "SUSPENDED";
export type UserFilter = {
  activeSessionCount?: IntFilter | null | undefined;
  and?: ReadonlyArray<UserFilter> | null | undefined;
  attributes?: ReadonlyArray<AttributeFilter> | null | undefined;
  costCenter?: StringFilter | null | undefined;
  country?: StringFilter | null | undefined;
  createdAt?: DateTimeFilter | null | undefined;
  deletedAt?: DateTimeFilter | null | undefined;
  department?: StringFilter | null | undefined;
  directReportCount?: IntFilter | null | undefined;
  displayName?: StringFilter | null | undefined;
  division?: StringFilter | null | undefined;
  email?: StringFilter | null | undefined;
  emailDomain?: StringFilter | null | undefined;
  emailVerified?: BooleanFilter | null | undefined;
  employeeNumber?: StringFilter | null | undefined;
  employeeType?: EmployeeTypeFilter | null | undefined;
  externalId?: StringFilter | null | undefined;
  failedLoginCount?: IntFilter | null | undefined;
  familyName?: StringFilter | null | undefined;
  givenName?: StringFilter | null | undefined;
  groupKeys?: StringSetFilter | null | undefined;
  groups?: IdSetFilter | null | undefined;
  hiredOn?: DateFilter | null | undefined;
  id?: IdFilter | null | undefined;
  lastLoginAt?: DateTimeFilter | null | undefined;
  lastLoginCountry?: StringFilter | null | undefined;
  locale?: StringFilter | null | undefined;
  location?: StringFilter | null | undefined;
  manager?: ManagerFilter | null | undefined;
  mfaEnrolled?: BooleanFilter | null | undefined;
  mfaMethods?: MfaMethodSetFilter | null | undefined;
  not?: UserFilter | null | undefined;
  or?: ReadonlyArray<UserFilter> | null | undefined;
  orgUnit?: OrgUnitRefFilter | null | undefined;
  passwordChangedAt?: DateTimeFilter | null | undefined;
  permissions?: PermissionSetFilter | null | undefined;
  phone?: StringFilter | null | undefined;
  riskScore?: IntFilter | null | undefined;
  roleGrants?: RoleGrantListFilter | null | undefined;
  roles?: StringSetFilter | null | undefined;
  source?: IdentitySourceFilter | null | undefined;
  status?: UserStatusFilter | null | undefined;
  statusChangedAt?: DateTimeFilter | null | undefined;
  tags?: StringSetFilter | null | undefined;
  terminatesOn?: DateFilter | null | undefined;
  text?: string | null | undefined;
  timezone?: StringFilter | null | undefined;
  title?: StringFilter | null | undefined;
  updatedAt?: DateTimeFilter | null | undefined;
  username?: StringFilter | null | undefined;
};
export type IntFilter = {
  eq?: number | null | undefined;
  gt?: number | null | undefined;
  gte?: number | null | undefined;
  in?: ReadonlyArray<number> | null | undefined;
  isNull?: boolean | null | undefined;
  lt?: number | null | undefined;
  lte?: number | null | undefined;
  ne?: number | null | undefined;
  notIn?: ReadonlyArray<number> | null | undefined;
};
export type AttributeFilter = {
  boolean?: BooleanFilter | null | undefined;
  date?: DateFilter | null | undefined;
  exists?: boolean | null | undefined;
  key: string;
  number?: FloatFilter | null | undefined;
  set?: StringSetFilter | null | undefined;
  string?: StringFilter | null | undefined;
};
export type BooleanFilter = {
  eq?: boolean | null | undefined;
  isNull?: boolean | null | undefined;
  ne?: boolean | null | undefined;
};
export type DateFilter = {
  eq?: any | null | undefined;
  gt?: any | null | undefined;
  gte?: any | null | undefined;
  isNull?: boolean | null | undefined;
  lt?: any | null | undefined;
  lte?: any | null | undefined;
  ne?: any | null | undefined;
  olderThan?: any | null | undefined;
  withinLast?: any | null | undefined;
  withinNext?: any | null | undefined;
};
export type FloatFilter = {
  eq?: number | null | undefined;
  gt?: number | null | undefined;
  gte?: number | null | undefined;
  in?: ReadonlyArray<number> | null | undefined;
  isNull?: boolean | null | undefined;
  lt?: number | null | undefined;
  lte?: number | null | undefined;
  ne?: number | null | undefined;
  notIn?: ReadonlyArray<number> | null | undefined;
};
export type StringSetFilter = {
  all?: ReadonlyArray<string> | null | undefined;
  any?: ReadonlyArray<string> | null | undefined;
  isEmpty?: boolean | null | undefined;
  none?: ReadonlyArray<string> | null | undefined;
};
export type StringFilter = {
  caseSensitive?: boolean | null | undefined;
  contains?: string | null | undefined;
  endsWith?: string | null | undefined;
  eq?: string | null | undefined;
  in?: ReadonlyArray<string> | null | undefined;
  isNull?: boolean | null | undefined;
  ne?: string | null | undefined;
  notIn?: ReadonlyArray<string> | null | undefined;
  startsWith?: string | null | undefined;
};
export type DateTimeFilter = {
  eq?: any | null | undefined;
  gt?: any | null | undefined;
  gte?: any | null | undefined;
  isNull?: boolean | null | undefined;
  lt?: any | null | undefined;
  lte?: any | null | undefined;
  ne?: any | null | undefined;
  olderThan?: any | null | undefined;
  withinLast?: any | null | undefined;
  withinNext?: any | null | undefined;
};
export type EmployeeTypeFilter = {
  eq?: EmployeeType | null | undefined;
  in?: ReadonlyArray<EmployeeType> | null | undefined;
  isNull?: boolean | null | undefined;
  ne?: EmployeeType | null | undefined;
  notIn?: ReadonlyArray<EmployeeType> | null | undefined;
};
export type IdSetFilter = {
  all?: ReadonlyArray<string> | null | undefined;
  any?: ReadonlyArray<string> | null | undefined;
  isEmpty?: boolean | null | undefined;
  none?: ReadonlyArray<string> | null | undefined;
};
export type IdFilter = {
  eq?: string | null | undefined;
  in?: ReadonlyArray<string> | null | undefined;
  ne?: string | null | undefined;
  notIn?: ReadonlyArray<string> | null | undefined;
};
export type ManagerFilter = {
  eq?: string | null | undefined;
  in?: ReadonlyArray<string> | null | undefined;
  isNull?: boolean | null | undefined;
  reportsTo?: string | null | undefined;
  status?: UserStatusFilter | null | undefined;
};
export type UserStatusFilter = {
  eq?: UserStatus | null | undefined;
  in?: ReadonlyArray<UserStatus> | null | undefined;
  ne?: UserStatus | null | undefined;
  notIn?: ReadonlyArray<UserStatus> | null | undefined;
};
export type MfaMethodSetFilter = {
  all?: ReadonlyArray<MfaMethod> | null | undefined;
  any?: ReadonlyArray<MfaMethod> | null | undefined;
  isEmpty?: boolean | null | undefined;
  none?: ReadonlyArray<MfaMethod> | null | undefined;
};
export type OrgUnitRefFilter = {
  eq?: string | null | undefined;
  in?: ReadonlyArray<string> | null | undefined;
  isNull?: boolean | null | undefined;
  within?: string | null | undefined;
  withinAny?: ReadonlyArray<string> | null | undefined;
};
export type PermissionSetFilter = {
  all?: ReadonlyArray<Permission> | null | undefined;
  any?: ReadonlyArray<Permission> | null | undefined;
  isEmpty?: boolean | null | undefined;
  none?: ReadonlyArray<Permission> | null | undefined;
};
export type RoleGrantListFilter = {
  none?: RoleGrantFilter | null | undefined;
  some?: RoleGrantFilter | null | undefined;
};
export type RoleGrantFilter = {
  and?: ReadonlyArray<RoleGrantFilter> | null | undefined;
  expiresAt?: DateTimeFilter | null | undefined;
  grantedAt?: DateTimeFilter | null | undefined;
  not?: RoleGrantFilter | null | undefined;
  or?: ReadonlyArray<RoleGrantFilter> | null | undefined;
  privileged?: BooleanFilter | null | undefined;
  role?: StringFilter | null | undefined;
  scopeWithin?: string | null | undefined;
  startsAt?: DateTimeFilter | null | undefined;
};
export type IdentitySourceFilter = {
  eq?: IdentitySource | null | undefined;
  in?: ReadonlyArray<IdentitySource> | null | undefined;
  ne?: IdentitySource | null | undefined;
  notIn?: ReadonlyArray<IdentitySource> | null | undefined;
};
export type relayPeoplePageQuery$variables = {
  count?: number | null | undefined;
  cursor?: string | null | undefined;
  filter?: UserFilter | null | undefined;
};
export type relayPeoplePageQuery$data = {
  readonly " $fragmentSpreads": FragmentRefs<"relayPeople_list">;
};
export type relayPeoplePageQuery = {
  response: relayPeoplePageQuery$data;
  variables: relayPeoplePageQuery$variables;
};

const node: ConcreteRequest = (function(){
var v0 = [
  {
    "defaultValue": 20,
    "kind": "LocalArgument",
    "name": "count"
  },
  {
    "defaultValue": null,
    "kind": "LocalArgument",
    "name": "cursor"
  },
  {
    "defaultValue": null,
    "kind": "LocalArgument",
    "name": "filter"
  }
],
v1 = {
  "kind": "Variable",
  "name": "filter",
  "variableName": "filter"
},
v2 = [
  {
    "kind": "Variable",
    "name": "after",
    "variableName": "cursor"
  },
  (v1/*:: as any*/),
  {
    "kind": "Variable",
    "name": "first",
    "variableName": "count"
  }
],
v3 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "id",
  "storageKey": null
};
return {
  "fragment": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Fragment",
    "metadata": null,
    "name": "relayPeoplePageQuery",
    "selections": [
      {
        "args": [
          {
            "kind": "Variable",
            "name": "count",
            "variableName": "count"
          },
          {
            "kind": "Variable",
            "name": "cursor",
            "variableName": "cursor"
          },
          (v1/*:: as any*/)
        ],
        "kind": "FragmentSpread",
        "name": "relayPeople_list"
      }
    ],
    "type": "Query",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Operation",
    "name": "relayPeoplePageQuery",
    "selections": [
      {
        "alias": null,
        "args": (v2/*:: as any*/),
        "concreteType": "UserConnection",
        "kind": "LinkedField",
        "name": "users",
        "plural": false,
        "selections": [
          {
            "alias": null,
            "args": null,
            "concreteType": "UserEdge",
            "kind": "LinkedField",
            "name": "edges",
            "plural": true,
            "selections": [
              {
                "alias": null,
                "args": null,
                "concreteType": "User",
                "kind": "LinkedField",
                "name": "node",
                "plural": false,
                "selections": [
                  (v3/*:: as any*/),
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
                    "name": "title",
                    "storageKey": null
                  },
                  {
                    "alias": null,
                    "args": null,
                    "kind": "ScalarField",
                    "name": "status",
                    "storageKey": null
                  },
                  {
                    "alias": null,
                    "args": null,
                    "concreteType": "OrgUnit",
                    "kind": "LinkedField",
                    "name": "orgUnit",
                    "plural": false,
                    "selections": [
                      {
                        "alias": null,
                        "args": null,
                        "kind": "ScalarField",
                        "name": "name",
                        "storageKey": null
                      },
                      (v3/*:: as any*/)
                    ],
                    "storageKey": null
                  },
                  {
                    "alias": null,
                    "args": null,
                    "kind": "ScalarField",
                    "name": "__typename",
                    "storageKey": null
                  }
                ],
                "storageKey": null
              },
              {
                "alias": null,
                "args": null,
                "kind": "ScalarField",
                "name": "cursor",
                "storageKey": null
              }
            ],
            "storageKey": null
          },
          {
            "alias": null,
            "args": null,
            "concreteType": "PageInfo",
            "kind": "LinkedField",
            "name": "pageInfo",
            "plural": false,
            "selections": [
              {
                "alias": null,
                "args": null,
                "kind": "ScalarField",
                "name": "endCursor",
                "storageKey": null
              },
              {
                "alias": null,
                "args": null,
                "kind": "ScalarField",
                "name": "hasNextPage",
                "storageKey": null
              }
            ],
            "storageKey": null
          }
        ],
        "storageKey": null
      },
      {
        "alias": null,
        "args": (v2/*:: as any*/),
        "filters": [
          "filter"
        ],
        "handle": "connection",
        "key": "relayPeople_users",
        "kind": "LinkedHandle",
        "name": "users"
      }
    ]
  },
  "params": {
    "cacheID": "b5e9584655805c957c67d58972c670c2",
    "id": null,
    "metadata": {},
    "name": "relayPeoplePageQuery",
    "operationKind": "query",
    "text": "query relayPeoplePageQuery(\n  $count: Int = 20\n  $cursor: String\n  $filter: UserFilter\n) {\n  ...relayPeople_list_3KQYpM\n}\n\nfragment relayPeople_list_3KQYpM on Query {\n  users(filter: $filter, first: $count, after: $cursor) {\n    edges {\n      node {\n        id\n        ...relayPeople_row\n        __typename\n      }\n      cursor\n    }\n    pageInfo {\n      endCursor\n      hasNextPage\n    }\n  }\n}\n\nfragment relayPeople_row on User {\n  displayName\n  title\n  status\n  orgUnit {\n    name\n    id\n  }\n}\n"
  }
};
})();

(node as any).hash = "5dff9f118863cdd0065a023ca302f36c";

export default node;
