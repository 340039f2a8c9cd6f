import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserInstalled, openBrowser, type ServedGateway, serveGateway, type Watched, watchedPage } from "./page.ts";

const TABS = [
  "SearchPeople",
  "PagePeople",
  "Person",
  "OrgHierarchy",
  "Roles",
  "SignInReview",
  "CreateUser",
  "UpdateUser",
  "SuspendUser",
  "MoveOrgUnit",
  "GrantRole",
  "SearchChanges",
];

/** What GraphiQL lends to the page of its editors. */
interface Monaco {
  __MONACO?: {
    editor: {
      getModels(): { uri: { path: string }; getValue(): string }[];
      getModelMarkers(filter: object): { message: string }[];
    };
  };
}

/** What stands in one of GraphiQL's editors. */
const textOf = (
  page: Page,
  editor: "operation.graphql" | "variables.json" | "request-headers.json" | "response.json",
) =>
  page.evaluate(
    (name) =>
      (globalThis as unknown as Monaco).__MONACO?.editor
        .getModels()
        .find(({ uri }) => uri.path.endsWith(name))
        ?.getValue(),
    editor,
  );

/** What the editors underline. */
const findings = (page: Page) =>
  page.evaluate(() =>
    (globalThis as unknown as Monaco).__MONACO?.editor.getModelMarkers({}).map(({ message }) => message),
  );

/** Opens GraphiQL and waits until it can be used. */
async function open(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/graphiql`);
  await page.getByRole("tab", { name: "SearchPeople" }).waitFor();
  await expect.poll(() => textOf(page, "operation.graphql"), POLL).toContain("query SearchPeople");
}

const POLL = { timeout: 20_000, interval: 100 };

/** Changes the tab and waits until GraphiQL has read the names of its operations, which it does after it stored the text. */
async function showTab(page: Page, name: string): Promise<void> {
  await page.getByRole("tab", { name }).click();
  const stored = () => page.evaluate(() => localStorage.getItem("graphiql:query"));
  await expect.poll(stored, POLL).toMatch(new RegExp(`(query|mutation|subscription) ${name}\\b`));
}

/** Runs what the tab shows, the first operation where there are several, and gives the answer as it is shown. */
async function execute(page: Page): Promise<string> {
  await page.locator(".graphiql-execute-button").click();
  const choice = page.getByRole("menuitem").first();
  await expect.poll(async () => (await choice.isVisible()) || (await textOf(page, "response.json")), POLL).toBeTruthy();
  if (await choice.isVisible()) await choice.click();
  await expect.poll(() => textOf(page, "response.json"), POLL).toMatch(/\S/);
  return (await textOf(page, "response.json")) as string;
}

describe.skipIf(!browserInstalled())("GraphiQL in a browser", { timeout: 180_000 }, () => {
  let browser: Browser;
  let demo: ServedGateway;
  let plain: ServedGateway;
  beforeAll(async () => {
    [browser, demo, plain] = await Promise.all([
      openBrowser(),
      serveGateway({ demo: true }),
      serveGateway({ demo: false }),
    ]);
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await demo?.close();
    await plain?.close();
  });

  /** A visitor; afterwards nothing may have gone wrong in the page, nor left this gateway. */
  async function visit(gateway: ServedGateway, stay: (watched: Watched) => Promise<void>): Promise<void> {
    const watched = await watchedPage(browser);
    try {
      await open(watched.page, gateway.url);
      await stay(watched);
      expect(watched.faults).toEqual([]);
      expect([...watched.origins]).toEqual([gateway.url]);
    } finally {
      await watched.page.context().close();
    }
  }

  it("shows the ready operations, each with a comment on top, and runs every one as it is on the demo", async () => {
    await visit(demo, async ({ page }) => {
      expect(await page.title()).toBe("Rollcall");
      expect(await page.getByRole("tab").allInnerTexts()).toEqual(TABS);
      for (const tab of TABS) {
        await showTab(page, tab);
        expect(await textOf(page, "operation.graphql")).toMatch(/^# \S/);
        await expect.poll(() => findings(page), POLL).toEqual([]);
        const answer = JSON.parse(await execute(page));
        expect(answer.errors, tab).toBeUndefined();
        expect(Object.values(answer.data), tab).not.toContain(null);
      }
    });
  });

  it("runs the first search by the keyboard at once, and answers from the data", async () => {
    await visit(demo, async ({ page }) => {
      await page.keyboard.press("Control+Enter");
      await expect.poll(() => textOf(page, "response.json"), POLL).toMatch(/\S/);
      const { users } = JSON.parse((await textOf(page, "response.json")) as string).data;
      expect(users.nodes.length).toBe(10);
      expect(users.totalCount).toBeGreaterThan(10);
    });
  });

  it("fills the demo's token in", async () => {
    await visit(demo, async ({ page }) => {
      expect(JSON.parse((await textOf(page, "request-headers.json")) as string)).toEqual({
        Authorization: `Bearer ${demo.token}`,
      });
    });
  });

  it("signs in as any of the demo's accounts, and shows what that person may see, in every tab", async () => {
    await visit(demo, async ({ page }) => {
      const choice = page.getByRole("combobox", { name: "Signed in as" });
      expect(await choice.getByRole("option").allInnerTexts()).toEqual([
        "the demo's administrator, by a token",
        "Ada Adéyẹmí (administrator)",
        "Dana Lindqvist (division-admin)",
        "Harper Nguyễn (help-desk)",
        "Audrey Lefèvre (auditor)",
        "Evan Kowalczyk (employee)",
      ]);
      await choice.selectOption("evan.employee");
      await expect.poll(() => textOf(page, "request-headers.json"), POLL).toMatch(/Bearer eyJ/);
      await showTab(page, "CreateUser");
      expect(JSON.parse(await execute(page)).errors[0].extensions).toMatchObject({
        code: "FORBIDDEN",
        permission: "USER_CREATE",
      });
      await choice.selectOption("ada.admin");
      await expect.poll(() => choice.getAttribute("data-state"), POLL).toBe("ready");
      await showTab(page, "Roles");
      expect(JSON.parse(await execute(page)).errors).toBeUndefined();
      expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toMatch(/eyJ|rcr_/);
    });
  });

  it("asks for a token without the demo, and takes one typed once to every tab", async () => {
    await visit(plain, async ({ page }) => {
      expect(JSON.parse((await textOf(page, "request-headers.json")) as string)).toEqual({ Authorization: "Bearer " });
      expect(JSON.parse(await execute(page)).errors[0].extensions.code).toBe("UNAUTHENTICATED");
      await page.getByRole("button", { name: "Headers" }).click();
      await page.locator(".graphiql-editor:visible .view-line", { hasText: "Authorization" }).click();
      await page.keyboard.press("End");
      await page.keyboard.press("ArrowLeft");
      await page.keyboard.insertText(plain.token);
      await showTab(page, "Roles");
      expect(JSON.parse(await execute(page)).data.roles).toBeTruthy();
    });
  });

  it("explains the schema in its documentation explorer", async () => {
    await visit(demo, async ({ page }) => {
      await page.getByRole("button", { name: /Documentation Explorer/ }).click();
      await page.locator(".graphiql-doc-explorer").getByText("Query", { exact: true }).click();
      await page.getByText("users", { exact: true }).first().click();
      await page.getByText("A search over the users whom the viewer may see.").waitFor();
    });
  });

  it("shows a subscription's events as they happen", async () => {
    await visit(demo, async ({ page }) => {
      await page.locator(".graphiql-query-editor .view-line").first().click();
      await page.keyboard.press("Control+A");
      await page.keyboard.insertText(
        "subscription Watch { userEvents { __typename ... on UserEvent { types user { username } } } }",
      );
      await expect.poll(() => page.evaluate(() => localStorage.getItem("graphiql:query")), POLL).toContain("Watch");
      await page.locator(".graphiql-execute-button").click();
      await expect.poll(() => textOf(page, "response.json"), POLL).toContain("FeedCheckpoint");
      const made = await fetch(`${demo.url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${demo.token}` },
        body: JSON.stringify({
          query: 'mutation { createUser(input: { username: "somebody-new", status: ACTIVE }) { position } }',
        }),
      });
      expect(await made.json()).not.toHaveProperty("errors");
      await expect.poll(() => textOf(page, "response.json"), POLL).toContain('"somebody-new"');
      await page.locator(".graphiql-execute-button").click(); // which stops it
    });
  });

  it("keeps its tabs, and what was typed into them, over a reload; never a header", async () => {
    await visit(demo, async ({ page }) => {
      const variables = await textOf(page, "variables.json");
      expect(variables).toContain('"filter"');
      await page.reload();
      await expect.poll(() => textOf(page, "operation.graphql"), POLL).toContain("query SearchPeople");
      expect(await textOf(page, "variables.json")).toBe(variables);
      await showTab(page, "Roles");
      await page.locator(".graphiql-query-editor .view-line").first().click();
      await page.keyboard.type("# mine ");
      await expect.poll(() => page.evaluate(() => localStorage.getItem("graphiql:tabState")), POLL).toContain("# mine");
      await page.reload();
      await expect.poll(() => textOf(page, "operation.graphql"), POLL).toContain("# mine");
      expect(await page.getByRole("tab").allInnerTexts()).toEqual(TABS);
      expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(demo.token);
    });
  });
});
