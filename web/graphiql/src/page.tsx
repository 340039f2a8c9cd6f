import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./page.css";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { createRoot } from "react-dom/client";
import { type DemoAccount, own } from "./accounts.ts";
import { fetcher } from "./fetcher.ts";
import { headersFor } from "./headers.ts";
import { Legend } from "./legend.tsx";
import { sampleIds } from "./sample-ids.ts";
import { storageWithoutHeaders } from "./storage.ts";
import { readyTabs } from "./tabs.ts";

/** What the gateway wrote into the page. Token and accounts are there only where the demo runs for this machine alone. */
const { demoToken, demoAccounts = [] } = JSON.parse(document.getElementById("settings")?.textContent ?? "{}") as {
  demoToken?: string;
  demoAccounts?: DemoAccount[];
};
if (demoToken !== undefined) own(demoToken);

const headers = headersFor(demoToken);
const tabs = readyTabs(await sampleIds(demoToken));

/** GraphiQL keeps what was changed, and takes the variables of its first tab from here alone. */
const untouched = ["query", "variables"].every((key) => localStorage.getItem(`graphiql:${key}`) === null);

createRoot(document.getElementById("page") as HTMLElement).render(
  <GraphiQL
    fetcher={fetcher}
    defaultTabs={tabs}
    {...(untouched && { initialQuery: tabs[0]?.query, initialVariables: tabs[0]?.variables })}
    defaultHeaders={headers}
    defaultEditorToolsVisibility="variables"
    inputValueDeprecation
    schemaDescription
    plugins={[HISTORY_PLUGIN]}
    storage={storageWithoutHeaders}
    shouldPersistHeaders={false}
    showPersistHeadersSettings={false}
  >
    <GraphiQL.Logo>
      <Legend defaultHeaders={headers} accounts={demoAccounts} />
    </GraphiQL.Logo>
  </GraphiQL>,
);
