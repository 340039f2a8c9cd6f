/**
 * @generated SignedSource<<58088114decf75c7eab1bd7f62c86612>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import type { ReaderFragment } from 'relay-runtime';
export type UserStatus = "ACTIVE" | "ARCHIVED" | "DELETED" | "INACTIVE" | "LOCKED" | "PENDING" | "SUSPENDED";
import type { FragmentRefs } from "relay-runtime";
export type relayPeople_row$data = {
  readonly displayName: string;
  readonly orgUnit: {
    readonly name: string;
  } | null | undefined;
  readonly status: UserStatus;
  readonly title: string | null | undefined;
  readonly " $fragmentType": "relayPeople_row";
};
export type relayPeople_row$key = {
  readonly " $data"?: relayPeople_row$data;
  readonly " $fragmentSpreads": FragmentRefs<"relayPeople_row">;
};

const node: ReaderFragment = {
  "argumentDefinitions": [],
  "kind": "Fragment",
  "metadata": null,
  "name": "relayPeople_row",
  "selections": [
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
        }
      ],
      "storageKey": null
    }
  ],
  "type": "User",
  "abstractKey": null
};

(node as any).hash = "b3bdc4fbcec70320ee1fe12ad409ae8c";

export default node;
