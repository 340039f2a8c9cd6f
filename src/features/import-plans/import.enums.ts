import { enumOf } from "../../graphql/catalogue-types.ts";

/** What is to be made of rows. */
export const MODE_ENUM = enumOf({
  name: "ImportMode",
  describe: "What is to be made of the rows of a file.",
  values: {
    CREATE: "Make people whom the directory does not know; whom it knows is left as they are.",
    UPDATE: "Change people whom the directory knows; a row that means nobody is an error.",
    BOTH: "Both.",
  },
});

/** By what a row means somebody. */
export const KEY_ENUM = enumOf({
  name: "ImportKey",
  describe: "By what a row of a file means somebody, without regard to case. Managers are named by the same.",
  values: {
    EMPLOYEE_NUMBER: "The employee number.",
    EMAIL: "The primary e-mail address.",
    USERNAME: "The username.",
    EXTERNAL_ID: "The id under which imports know the person: the identity with the source IMPORT.",
  },
});

/** What becomes of people whom a file does not have. */
export const MISSING_ENUM = enumOf({
  name: "ImportMissing",
  describe: "What becomes of people who are missing from a file.",
  values: {
    NOTHING: "They are left alone.",
    DEACTIVATE: "They are deactivated.",
  },
});
