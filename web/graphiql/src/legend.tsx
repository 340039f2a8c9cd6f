import { AccountChoice } from "./account-choice.tsx";
import type { DemoAccount } from "./accounts.ts";
import { useReadableEditors, useSharedHeaders } from "./editors.ts";

/** The name of the page, which is always shown: what concerns all editors is set up with it. */
export function Legend({ defaultHeaders, accounts }: { defaultHeaders: string; accounts: readonly DemoAccount[] }) {
  useReadableEditors();
  useSharedHeaders(defaultHeaders);
  return (
    <span className="legend">
      <span className="rollcall">Rollcall</span>
      {accounts.length > 0 && <AccountChoice accounts={accounts} />}
    </span>
  );
}
