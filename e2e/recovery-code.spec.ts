// The recovery code: shown once, never lost before its person says to have it, never seen again afterwards.
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { expect, test } from "./support/fixtures";
import { beginSignIn, enterCode, enterPassword, enterRecoveryCode } from "./support/sign-in";
import { confirmApp, expectPage, openWizardAndScan, recoveryCodeOn, saveRecoveryCode } from "./support/steps";
import type { Person } from "./support/person";
import type { Texts } from "./support/texts";

test("it is not lost before it is saved, and gone for good afterwards [MF-22]", { tag: "@no-script" }, async ({
  page, portal, person, signedIn, t,
}) => {
  await signedIn();
  const code = await reachCode(page, t, person);
  const showAgain = async () => {
    await expectPage(page, t("recovery-code.hidden.title"));
    await expect(page.getByRole("main")).not.toContainText(code.slice(0, 4));
    await page.getByRole("button", { name: t("recovery-code.hidden.show") }).click();
    await expectPage(page, t("recovery-code.title"));
    expect(await recoveryCodeOn(page)).toBe(code);
  };

  await test.step("reload", async () => {
    await page.reload();
    await showAgain();
  });

  await test.step("Back from another page", async () => {
    await page.goto("about:blank");
    await page.goBack();
    await showAgain();
  });

  for (const path of ["", "add/app", "methods/any/remove", "recovery-code"]) {
    await test.step(`/${path} leads there`, async () => {
      await page.goto(portal.url + path);
      await expect(page).toHaveURL(`${portal.url}recovery-code`);
      await showAgain();
    });
  }

  await test.step("a hop through the sign-in page", async () => {
    await page.goto(`${portal.url}sign-in?page=overview`);
    await enterPassword(page, person);
    await enterCode(page, await person.phone.freshCode());
    await expect(page).toHaveURL(`${portal.url}recovery-code`);
    await showAgain();
  });

  await test.step("saved", async () => {
    await saveRecoveryCode(page, t);
    await expect(page).toHaveURL(portal.url);
    await expect(page.getByText(t("overview.recovery.active.title"))).toBeVisible();
  });

  await test.step("gone: Back and by its address", async () => {
    await page.goBack();
    await expect(page.getByRole("main")).not.toContainText(code.slice(0, 4));
    await page.goto(`${portal.url}recovery-code`);
    await expectPage(page, t("recovery-code.none.title"));
    await expect(page.getByRole("button", { name: t("recovery-code.hidden.show") })).toHaveCount(0);
  });
});

test("a double click on Confirm does it once, and the code is shown [RC-01]", { tag: "@no-script" }, async ({
  page, person, control, signedIn, t,
}) => {
  await signedIn();
  await openWizardAndScan(page, t, person);
  const started = await control.now();
  await page.getByRole("textbox", { name: t("add-app.code.label") }).fill(await person.phone.code());
  await page.getByRole("button", { name: t("add-app.code.confirm"), exact: true }).dblclick();
  await expectPage(page, t("recovery-code.title"));
  expect(await recoveryCodeOn(page)).toMatch(/^[A-Z0-9]{24}$/);
  expect(await control.countRequests(started, "POST", "/oauth/token"), "codes sent to the tenant").toBe(1);
});

test("two tabs: saved in one, the other no longer shows it", async ({ page, portal, person, context, signedIn, t }) => {
  await signedIn();
  const code = await reachCode(page, t, person);
  const other = await context.newPage();
  await other.goto(`${portal.url}recovery-code`);
  await other.getByRole("button", { name: t("recovery-code.hidden.show") }).click();
  expect(await recoveryCodeOn(other)).toBe(code);
  await saveRecoveryCode(page, t);
  await expect(page).toHaveURL(portal.url);

  await other.reload();
  await expectPage(other, t("recovery-code.none.title"));
});

test("it can be taken along as a file, on paper, and by copying", async ({ page, person, signedIn, t }) => {
  await page.addInitScript(() => {
    window.print = () => document.documentElement.setAttribute("data-printed", "");
  });
  await page.clock.install();
  await signedIn();
  const code = await reachCode(page, t, person);

  await test.step("as a file that says whose it is", async () => {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: t("recovery-code.download") }).click(),
    ]);
    const name = download.suggestedFilename();
    expect(name).toMatch(new RegExp(`^${t("recovery-code.file.name")}.*\\.txt$`));
    expect(name).not.toContain(code);
    const text = await readFile(await download.path(), "utf8");
    expect(text.replace(/\s/g, "")).toContain(code);
    expect(text).toContain(t("recovery-code.file.heading", { Account: person.email, Company: "Example Company" }));
    expect(text).toContain(t("recovery-code.file.use"));
    await expectPage(page, t("recovery-code.title"));
  });

  await test.step("by copying", async () => {
    await page.context().grantPermissions(["clipboard-write"]); // the headless shell asks where browsers do not
    await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1000)); // the button says so for three seconds
    await page.getByRole("button", { name: t("recovery-code.copy") }).click();
    await expect(page.getByRole("button", { name: t("copy.done") })).toBeVisible();
    await page.clock.runFor(100);
    await expect(page.locator("#announcer"), "spoken").toHaveText(t("copy.done"));
    await page.clock.runFor(3000);
    await expect(page.getByRole("button", { name: t("recovery-code.copy") })).toBeVisible();
    expect(await clipboardOf(page)).toBe(code);
  });

  await test.step("on paper", async () => {
    await page.getByRole("button", { name: t("recovery-code.print") }).click();
    await expect(page.locator("html[data-printed]")).toHaveCount(1);
    await page.emulateMedia({ media: "print" });
    await expect(page.locator("#recovery-code")).toBeVisible();
    for (const text of [person.name, person.email, t("recovery-code.paper.date"), t("recovery-code.paper.notes")]) {
      await expect(page.getByRole("main").getByText(text, { exact: true })).toBeVisible();
    }
    await expect(page.getByRole("main").getByText("Example Company", { exact: true })).toBeVisible();
    await expect(page.getByText(t("recovery-code.never-asked", { Company: "Example Company" }))).toBeVisible();
    for (const button of await page.getByRole("button", { includeHidden: true }).all()) await expect(button).toBeHidden();
  });
});

test("where copying is refused, the code is marked for copying by hand", async ({ page, person, signedIn, t }) => {
  await page.addInitScript(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error("not allowed"));
  });
  await signedIn();
  const code = await reachCode(page, t, person);
  await page.getByRole("button", { name: t("recovery-code.copy") }).click();
  const selected = () => page.evaluate(() => getSelection()?.toString().replace(/\s/g, ""));
  await expect.poll(selected).toBe(code);
});

test("signing out warns that it would be lost", { tag: "@no-script" }, async ({ page, portal, person, signedIn, t }) => {
  await signedIn();
  const code = await reachCode(page, t, person);
  const signOut = page.getByRole("banner").getByRole("button", { name: t("layout.sign-out") });

  await test.step("and keeps it", async () => {
    await signOut.click();
    await expectPage(page, t("sign-out.title"));
    await page.getByRole("link", { name: t("sign-out.save") }).click();
    await page.getByRole("button", { name: t("recovery-code.hidden.show") }).click();
    expect(await recoveryCodeOn(page)).toBe(code);
  });

  await test.step("or lets go of it, said twice", async () => {
    await signOut.click();
    await page.getByRole("button", { name: t("sign-out.lose") }).click();
    await expect(page).toHaveURL(`${portal.url}signed-out`);
  });
});

test.describe("the next sign-in", () => {
  test.use({ expectedStatuses: [400] });

  test("works with the recovery code, which is replaced, and then with the app", async ({
    page, portal, person, enrolled, signedIn, unprinted, t,
  }) => {
    const signOut = async () => {
      await page.getByRole("button", { name: t("layout.sign-out") }).click();
      await expectPage(page, t("signed-out.title"));
    };
    const newCode = await test.step("with the recovery code", async () => {
      await beginSignIn(page, { portal: portal.url, person, t });
      const replacement = await enterRecoveryCode(page, enrolled.recoveryCode);
      expect(replacement).not.toBe(enrolled.recoveryCode);
      unprinted.push(replacement);
      await expect(page).toHaveURL(portal.url);
      await expect(page.getByText(t("overview.recovery.active.title"))).toBeVisible();
      await signOut();
      return replacement;
    });

    await test.step("with the app", async () => {
      await signedIn(() => person.phone.freshCode());
      await signOut();
    });

    await test.step("the old recovery code is void, its replacement works", async () => {
      await beginSignIn(page, { portal: portal.url, person, t });
      await page.getByRole("link", { name: "Try another method" }).click();
      await page.getByRole("link", { name: "Recovery code" }).click();
      await enterCode(page, enrolled.recoveryCode);
      await expect(page.getByRole("alert")).toContainText("not right");
      await enterCode(page, newCode);
      await page.getByRole("checkbox").check();
      await page.getByRole("button", { name: "Continue" }).click();
      await expect(page).toHaveURL(portal.url);
    });
  });
});

/** From the overview to the page with the code. */
async function reachCode(page: Page, t: Texts, person: Person): Promise<string> {
  await openWizardAndScan(page, t, person);
  await confirmApp(page, t, await person.phone.code());
  await expectPage(page, t("recovery-code.title"));
  return recoveryCodeOn(page);
}

/** What was copied last. Our own pages may not read it, so it is pasted into a page of nobody's. */
async function clipboardOf(page: Page): Promise<string> {
  const paper = await page.context().newPage();
  await paper.setContent("<textarea></textarea>");
  await paper.locator("textarea").focus();
  await paper.keyboard.press("ControlOrMeta+V");
  const text = await paper.locator("textarea").inputValue();
  await paper.close();
  return text;
}
