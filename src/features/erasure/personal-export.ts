import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { requireOver } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Written } from "../../database/transaction.ts";
import { notFound } from "../../kernel/errors.ts";
import { newId, publicId } from "../../kernel/ids.ts";
import { isNarrowed } from "../self-service/own-profile.service.ts";
import { placeOfUser } from "../users/user.place.ts";
import { heldAbout } from "./personal-export.tables.ts";

/** Everything that is held about a person, by table; each row as an object of its columns. */
export interface PersonalDocument extends Record<string, unknown> {
  format: "rollcall-personal-data/1";
  subject: string;
  exportedAt: string;
  data: Record<string, unknown[]>;
}

export interface ExportPersonalData extends Pick<CommandOptions, "reason"> {
  userId: string;
}

/** Gives people what is held about them: to themselves, and to those who may erase them. */
export class PersonalExport {
  constructor(private readonly database: Database) {}

  /** The document, which the audit log does not hold; that it was given, and to whom, it does. */
  export(author: Author, command: ExportPersonalData): Promise<Written<PersonalDocument>> {
    const { viewer } = author;
    const { userId } = command;
    const name = { mutation: "exportPersonalData", action: "personal_export.given" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const place = await placeOfUser(tx.sql, userId, viewer);
      if (!place) throw notFound("user", "input.userId");
      const own = viewer.userId === userId && !viewer.session?.enrolmentOnly && !(await isNarrowed(tx, viewer.tokenId));
      if (!own) requireOver(viewer, "USER_ERASE", place, "input.userId");
      const data = await heldAbout(tx.sql, userId, own);
      await tx.sql
        .insertInto("personal_export")
        .values({ id: newId(), user_id: userId, exported_by_id: viewer.id, exported_at: tx.now })
        .execute();
      return {
        format: "rollcall-personal-data/1",
        subject: publicId("User", userId),
        exportedAt: tx.now.toISOString(),
        data,
      };
    });
  }
}
