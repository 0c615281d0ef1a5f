// The main job, as a person does it: sign in, add an authenticator app, save the recovery code, sign in with the app,
// remove it.
import type { Page } from "@playwright/test";
import { expect, test } from "./support/fixtures";
import { confirmApp, keyOf, openWizard, recoveryCodeOn, saveRecoveryCode } from "./support/steps";

test("a new employee protects the account, signs in with it, and removes it", { tag: "@everywhere" }, async ({
  page, portal, person, signedIn, t, unprinted,
}) => {
  await test.step("add an authenticator app", async () => {
    await signedIn();
    await openWizard(page, t);
    await expect(page.getByRole("img", { name: t("add-app.scan.qr") })).toBeVisible();
    const { key, uri } = await keyOf(page, t);
    unprinted.push(key);
    await person.phone.scan(uri);
    await confirmApp(page, t, await person.phone.code());
  });

  await test.step("save the recovery code", async () => {
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(t("recovery-code.title"));
    const code = await recoveryCodeOn(page);
    expect(code).toMatch(/^[A-Z0-9]{24}$/);
    unprinted.push(code);
    await page.getByRole("button", { name: t("recovery-code.continue") }).click();
    await expect(page.getByRole("alert")).toContainText(t("recovery-code.unticked"));
    expect(await recoveryCodeOn(page)).toBe(code);
    await saveRecoveryCode(page, t);
  });

  await test.step("see it on the overview", async () => {
    await expect(page).toHaveURL(portal.url);
    await expect(page.getByRole("status").filter({ hasText: t("notice.recovery-saved") })).toBeVisible();
    await expect(page.getByRole("heading", { name: t("overview.protected.title") })).toBeVisible();
    await expect(row(page, t("method.app.name"))).toContainText(t("overview.changed"));
    await expect(page.getByText(t("overview.recovery.active.title"))).toBeVisible();
  });

  await test.step("sign out, here and at the tenant", async () => {
    await page.getByRole("button", { name: t("layout.sign-out") }).click();
    await expect(page).toHaveURL(`${portal.url}signed-out`);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(t("signed-out.title"));
  });

  await test.step("sign in with the app", async () => {
    await signedIn(() => person.phone.freshCode());
    await expect(page.getByRole("heading", { name: t("overview.protected.title") })).toBeVisible();
  });

  await test.step("the only method has to stay", async () => {
    await page.getByRole("link", { name: t("overview.remove") }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(t("remove.refused.heading", { Name: t("method.app.name") }));
    await page.getByRole("link", { name: t("remove.add-first") }).click();
  });

  await test.step("add a second app, then remove the first", async () => {
    await page.getByRole("link", { name: t("method.app.name"), exact: true }).click();
    await page.getByRole("button", { name: t("add-app.intro.start") }).click();
    await person.phone.scan((await keyOf(page, t)).uri);
    await confirmApp(page, t, await person.phone.code());
    await expect(page.getByRole("status").filter({ hasText: t("notice.app-added") })).toBeVisible();
    const first = t("method.numbered", { Name: t("method.app.name"), Number: 1 });
    await page.getByRole("link", { name: `${t("overview.remove")} ${first}` }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(t("remove.heading", { Name: first }));
    await page.getByRole("button", { name: t("remove.do", { Name: first }) }).click();
    await expect(page.getByRole("status").filter({ hasText: t("notice.removed") })).toBeVisible();
    await expect(page.getByRole("link", { name: t("overview.remove") })).toHaveCount(1);
  });
});

function row(page: Page, name: string) {
  return page.getByRole("listitem").filter({ hasText: name });
}
