import { TypeID, typeid } from "typeid-js";
import { expect, it } from "vitest";
import { parseId, publicId } from "../../src/kernel/ids.ts";

const UUIDS = [
  "00000000-0000-0000-0000-000000000000",
  "ffffffff-ffff-ffff-ffff-ffffffffffff",
  ...Array.from({ length: 200 }, () => typeid().toUUID()),
  ...Array.from({ length: 200 }, () => crypto.randomUUID()),
];

it("writes and reads ids as the specification of TypeIDs does", () => {
  for (const uuid of UUIDS) {
    const id = TypeID.fromUUID("user", uuid).toString();
    expect(publicId("User", uuid)).toBe(id);
    expect(parseId(id)).toEqual({ kind: "User", uuid });
  }
});

it.each([
  "",
  "user",
  "user_",
  "_01jd8m5k3tf0vbq2z7y6x4w9ra",
  "person_01jd8m5k3tf0vbq2z7y6x4w9ra",
  "user_01jd8m5k3tf0vbq2z7y6x4w9r",
  "user_01jd8m5k3tf0vbq2z7y6x4w9raa",
  "user_81jd8m5k3tf0vbq2z7y6x4w9ra",
  "user_01JD8M5K3TF0VBQ2Z7Y6X4W9RA",
  "user_01jd8m5k3tf0vbq2z7y6x4w9ri",
  "user_01jd8m5k3tf0vbq2z7y6x4w9r\u0130",
])("reads nothing from what is no id: %j", (id) => {
  expect(parseId(id)).toBeUndefined();
});
