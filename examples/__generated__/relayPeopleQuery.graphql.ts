/**
 * @generated SignedSource<<4cd05d7da7885cb303061bb885079a00>>
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
export type UserBy = {
  email: any;
  employeeNumber?: never;
  id?: never;
  identity?: never;
  username?: never;
} | {
  email?: never;
  employeeNumber: string;
  id?: never;
  identity?: never;
  username?: never;
} | {
  email?: never;
  employeeNumber?: never;
  id: string;
  identity?: never;
  username?: never;
} | {
  email?: never;
  employeeNumber?: never;
  id?: never;
  identity: ExternalIdentityInput;
  username?: never;
} | {
  email?: never;
  employeeNumber?: never;
  id?: never;
  identity?: never;
  username: string;
};
export type ExternalIdentityInput = {
  externalId: string;
  issuer?: string | null | undefined;
  source: IdentitySource;
};
export type relayPeopleQuery$variables = {
  by: UserBy;
  filter?: UserFilter | null | undefined;
};
export type relayPeopleQuery$data = {
  readonly user: {
    readonly " $fragmentSpreads": FragmentRefs<"relayPeople_person">;
  } | null | undefined;
  readonly " $fragmentSpreads": FragmentRefs<"relayPeople_list">;
};
export type relayPeopleQuery = {
  response: relayPeopleQuery$data;
  variables: relayPeopleQuery$variables;
};

const node: ConcreteRequest = (function(){
var v0 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "by"
},
v1 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "filter"
},
v2 = {
  "kind": "Variable",
  "name": "filter",
  "variableName": "filter"
},
v3 = [
  {
    "kind": "Variable",
    "name": "by",
    "variableName": "by"
  }
],
v4 = [
  (v2/*:: as any*/),
  {
    "kind": "Literal",
    "name": "first",
    "value": 20
  }
],
v5 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "id",
  "storageKey": null
},
v6 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "displayName",
  "storageKey": null
},
v7 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "title",
  "storageKey": null
},
v8 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "status",
  "storageKey": null
},
v9 = {
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
    (v5/*:: as any*/)
  ],
  "storageKey": null
},
v10 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "__typename",
  "storageKey": null
},
v11 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "cursor",
  "storageKey": null
},
v12 = {
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
},
v13 = [
  {
    "kind": "Literal",
    "name": "first",
    "value": 10
  }
];
return {
  "fragment": {
    "argumentDefinitions": [
      (v0/*:: as any*/),
      (v1/*:: as any*/)
    ],
    "kind": "Fragment",
    "metadata": null,
    "name": "relayPeopleQuery",
    "selections": [
      {
        "args": [
          (v2/*:: as any*/)
        ],
        "kind": "FragmentSpread",
        "name": "relayPeople_list"
      },
      {
        "alias": null,
        "args": (v3/*:: as any*/),
        "concreteType": "User",
        "kind": "LinkedField",
        "name": "user",
        "plural": false,
        "selections": [
          {
            "args": null,
            "kind": "FragmentSpread",
            "name": "relayPeople_person"
          }
        ],
        "storageKey": null
      }
    ],
    "type": "Query",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": [
      (v1/*:: as any*/),
      (v0/*:: as any*/)
    ],
    "kind": "Operation",
    "name": "relayPeopleQuery",
    "selections": [
      {
        "alias": null,
        "args": (v4/*:: as any*/),
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
                  (v5/*:: as any*/),
                  (v6/*:: as any*/),
                  (v7/*:: as any*/),
                  (v8/*:: as any*/),
                  (v9/*:: as any*/),
                  (v10/*:: as any*/)
                ],
                "storageKey": null
              },
              (v11/*:: as any*/)
            ],
            "storageKey": null
          },
          (v12/*:: as any*/)
        ],
        "storageKey": null
      },
      {
        "alias": null,
        "args": (v4/*:: as any*/),
        "filters": [
          "filter"
        ],
        "handle": "connection",
        "key": "relayPeople_users",
        "kind": "LinkedHandle",
        "name": "users"
      },
      {
        "alias": null,
        "args": (v3/*:: as any*/),
        "concreteType": "User",
        "kind": "LinkedField",
        "name": "user",
        "plural": false,
        "selections": [
          (v6/*:: as any*/),
          (v7/*:: as any*/),
          (v8/*:: as any*/),
          (v9/*:: as any*/),
          {
            "alias": null,
            "args": null,
            "concreteType": "User",
            "kind": "LinkedField",
            "name": "managementChain",
            "plural": true,
            "selections": [
              (v6/*:: as any*/),
              (v5/*:: as any*/)
            ],
            "storageKey": null
          },
          {
            "alias": null,
            "args": (v13/*:: as any*/),
            "concreteType": "UserConnection",
            "kind": "LinkedField",
            "name": "reports",
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
                      (v6/*:: as any*/),
                      (v7/*:: as any*/),
                      (v8/*:: as any*/),
                      (v9/*:: as any*/),
                      (v5/*:: as any*/),
                      (v10/*:: as any*/)
                    ],
                    "storageKey": null
                  },
                  (v11/*:: as any*/)
                ],
                "storageKey": null
              },
              (v12/*:: as any*/)
            ],
            "storageKey": "reports(first:10)"
          },
          {
            "alias": null,
            "args": (v13/*:: as any*/),
            "filters": null,
            "handle": "connection",
            "key": "relayPeople_reports",
            "kind": "LinkedHandle",
            "name": "reports"
          },
          (v5/*:: as any*/)
        ],
        "storageKey": null
      }
    ]
  },
  "params": {
    "cacheID": "de68962005652181905a9d3dc9e8fb52",
    "id": null,
    "metadata": {},
    "name": "relayPeopleQuery",
    "operationKind": "query",
    "text": "query relayPeopleQuery(\n  $filter: UserFilter\n  $by: UserBy!\n) {\n  ...relayPeople_list_Vt7Yj\n  user(by: $by) {\n    ...relayPeople_person\n    id\n  }\n}\n\nfragment relayPeople_list_Vt7Yj on Query {\n  users(filter: $filter, first: 20) {\n    edges {\n      node {\n        id\n        ...relayPeople_row\n        __typename\n      }\n      cursor\n    }\n    pageInfo {\n      endCursor\n      hasNextPage\n    }\n  }\n}\n\nfragment relayPeople_person on User {\n  ...relayPeople_row\n  managementChain {\n    displayName\n    id\n  }\n  reports(first: 10) {\n    edges {\n      node {\n        ...relayPeople_row\n        id\n        __typename\n      }\n      cursor\n    }\n    pageInfo {\n      endCursor\n      hasNextPage\n    }\n  }\n  id\n}\n\nfragment relayPeople_row on User {\n  displayName\n  title\n  status\n  orgUnit {\n    name\n    id\n  }\n}\n"
  }
};
})();

(node as any).hash = "7a72b7bbb19af19d31b1ab9141fab7ce";

export default node;
