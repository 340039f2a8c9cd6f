import { useGraphiQL } from "@graphiql/react";
import { type ChangeEvent, useEffect, useRef, useState } from "react";
import { type DemoAccount, isOwn, signInAs } from "./accounts.ts";
import { authorizationOf, headersFor } from "./headers.ts";

/** Chooses as whom the demo is asked: signs in, and puts the token into every tab whose token the page itself filled in. */
export function AccountChoice({ accounts }: { accounts: readonly DemoAccount[] }) {
  const { headerEditor, activeTabIndex } = useGraphiQL((state) => ({
    headerEditor: state.headerEditor,
    activeTabIndex: state.activeTabIndex,
  }));
  const token = useRef<string>(undefined);
  const [state, setState] = useState<"ready" | "signing in" | "failed">("ready");

  const show = () => {
    if (token.current !== undefined && headerEditor && isOwn(tokenIn(headerEditor.getValue())))
      headerEditor.setValue(headersFor(token.current));
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another tab is the occasion.
  useEffect(show, [headerEditor, activeTabIndex]);

  const choose = async ({ target }: ChangeEvent<HTMLSelectElement>) => {
    const account = accounts.find(({ username }) => username === target.value);
    if (!account) return;
    setState("signing in");
    try {
      token.current = await signInAs(account);
      show();
      setState("ready");
    } catch {
      setState("failed");
    }
  };

  return (
    <label className="account">
      Signed in as{" "}
      <select aria-label="Signed in as" data-state={state} defaultValue="" onChange={choose}>
        <option value="" disabled>
          the demo's administrator, by a token
        </option>
        {accounts.map(({ username, name, role }) => (
          <option key={username} value={username}>
            {name} ({role})
          </option>
        ))}
      </select>
      {state === "failed" && <span role="alert"> could not sign in</span>}
    </label>
  );
}

/** The token that the text of a header editor holds; nothing where it is not JSON at the moment. */
function tokenIn(text: string): string {
  try {
    return authorizationOf(JSON.parse(text))?.replace(/^Bearer\s+/i, "") ?? "";
  } catch {
    return "";
  }
}
