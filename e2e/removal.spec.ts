// Removing a method: what it means is said first, the last one stays, and a lost answer is looked up, never repeated.
import type { Page } from "@playwright/test";
import { expect, test } from "./support/fixtures";
import { signIn } from "./support/sign-in";
import { addSecondApp, appName, appRows, expectPage, openRemoval, remove } from "./support/steps";
import type { Texts } from "./support/texts";

test.use({ expectedStatuses: [401, 403, 404, 409, 422, 502] });

test("the last method stays, and the page says what to do first [MF-19]", { tag: "@no-script" }, async ({
  page, portal, person, enrolled: _, control, signedIn, t,
}) => {
  await signedIn(() => person.phone.freshCode());
  await page.getByRole("link", { name: `${t("overview.remove")} ${appName(t)}` }).click();
  await expectPage(page, t("remove.refused.heading", { Name: appName(t) }));
  await expect(page.getByText(t("remove.refused.last-method", { Company: "Example Company", Count: 1 }))).toBeVisible();
  await expect(page.getByText(t("remove.way-out.last-method"))).toBeVisible();
  await expect(page.getByRole("main").getByRole("button")).toHaveCount(0);

  await test.step("a request made by hand is refused too", async () => {
    const started = await control.now();
    const form_token = await page.locator("input[name=form_token]").first().inputValue();
    const headers = { Origin: new URL(portal.url).origin };
    const answer = await page.request.post(page.url(), { form: { form_token, understood: "yes" }, headers });
    expect(answer.status()).toBe(409);
    expect(await control.countRequests(started, "DELETE", "/mfa/authenticators")).toBe(0);
  });

  await page.getByRole("link", { name: t("remove.add-first") }).click();
  await expect(page).toHaveURL(`${portal.url}add`);
});

test("one may think again", async ({ page, portal, person, enrolled: _, control, signedIn, t }) => {
  await signedIn(() => person.phone.freshCode());
  await addSecondApp(page, t, person);
  const started = await control.now();
  await openRemoval(page, t, appName(t, 2));
  await expect(page.getByText(t("remove.next.other"))).toBeVisible();
  await expect(page.getByText(t("remove.also.app"))).toBeVisible();
  await page.getByRole("link", { name: t("remove.keep") }).click();
  await expect(page).toHaveURL(portal.url);
  await expect(appRows(page, t)).toHaveCount(2);
  expect(await control.countRequests(started, "DELETE", "/mfa/authenticators")).toBe(0);
});

test("what another tab has removed counts as done", { tag: "@no-script" }, async ({
  page, context, person, enrolled: _, control, signedIn, t,
}) => {
  const name = appName(t, 1);
  await signedIn(() => person.phone.freshCode());
  await addSecondApp(page, t, person);
  await openRemoval(page, t, name);
  const tab = await context.newPage();
  await tab.goto(page.url());
  await remove(tab, t, name);
  await expect(notice(tab, t("notice.removed"))).toBeFocused();

  const started = await control.now();
  await remove(page, t, name);
  await expect(notice(page, t("notice.already-removed"))).toBeFocused();
  await expect(appRows(page, t)).toHaveCount(1);
  expect(await control.countRequests(started, "DELETE", "/mfa/authenticators")).toBe(0);
});

test("removed in another browser: this one shows what is true", async ({
  page, portal, person, enrolled: _, anotherBrowser, signedIn, t,
}) => {
  const name = appName(t, 1);
  await signedIn(() => person.phone.freshCode());
  await addSecondApp(page, t, person);
  await openRemoval(page, t, name);

  const elsewhere = await (await anotherBrowser()).newPage();
  await signIn(elsewhere, { portal: portal.url, person, t, secondStep: () => person.phone.freshCode() });
  await openRemoval(elsewhere, t, name);
  await remove(elsewhere, t, name);
  await expect(notice(elsewhere, t("notice.removed"))).toBeVisible();

  await page.reload();
  await expectPage(page, t("error.not-found.title"));
  await page.getByRole("link", { name: t("action.overview") }).click();
  await expect(appRows(page, t)).toHaveCount(1);
});

test.describe("the tenant fails in the middle", () => {
  for (const [name, fault] of [
    ["answers that it is gone already", { status: 404, body: { error: "not_found" }, after: true }],
    ["removes it and breaks off", { drop: true, after: true }],
    ["removes it and answers 503", { status: 503, body: "<html>", after: true }],
  ] as const) {
    test(`${name}: it is removed`, async ({ page, person, enrolled: _, control, signedIn, t }) => {
      await signedIn(() => person.phone.freshCode());
      await addSecondApp(page, t, person);
      await openRemoval(page, t, appName(t, 1));
      await control.addFault({ match: "DELETE /mfa/authenticators/*", ...fault });
      const started = await control.now();
      await remove(page, t, appName(t, 1));
      await expect(notice(page, t("notice.removed"))).toBeFocused();
      await expect(appRows(page, t)).toHaveCount(1);
      expect(await control.countRequests(started, "DELETE", "/mfa/authenticators"), "removals asked for").toBe(1);
    });
  }

  test("refuses with 503: nothing was changed, and it may be tried again", { tag: "@no-script" }, async ({
    page, portal, person, enrolled: _, control, signedIn, t,
  }) => {
    const name = appName(t, 1);
    await signedIn(() => person.phone.freshCode());
    await addSecondApp(page, t, person);
    await openRemoval(page, t, name);
    const address = page.url();
    await control.addFault({ match: "DELETE /mfa/authenticators/*", status: 503, times: 1 });
    const started = await control.now();
    await remove(page, t, name);
    await expectPage(page, t("error.not-done.title"));
    await expectReference(page, t);
    expect(await control.countRequests(started, "DELETE", "/mfa/authenticators"), "removals asked for").toBe(1);

    await page.getByRole("link", { name: t("action.again") }).click();
    await expect(page).toHaveURL(address);
    await remove(page, t, name);
    await expect(page).toHaveURL(portal.url);
    await expect(appRows(page, t)).toHaveCount(1);
  });

  test("and cannot be asked what is true: the page does not guess", async ({
    page, portal, person, enrolled: _, control, signedIn, t,
  }) => {
    await signedIn(() => person.phone.freshCode());
    await addSecondApp(page, t, person);
    await openRemoval(page, t, appName(t, 1));
    // The list is read once before the removal; afterwards it cannot be had.
    await control.addFault({ match: "GET /mfa/authenticators", delay: "1ms", times: 1 });
    await control.addFault({ match: "GET /mfa/authenticators", status: 503 });
    await control.addFault({ match: "DELETE /mfa/authenticators/*", drop: true, after: true });
    const started = await control.now();
    await remove(page, t, appName(t, 1));
    await expectPage(page, t("error.unknown.title"));
    await expectReference(page, t);
    expect(await control.countRequests(started, "DELETE", "/mfa/authenticators"), "removals asked for").toBe(1);

    await control.clearFaults();
    await page.getByRole("link", { name: t("action.overview") }).click();
    await expect(page).toHaveURL(portal.url);
    await expect(appRows(page, t)).toHaveCount(1);
  });
});

function notice(page: Page, text: string) {
  return page.getByRole("status").filter({ hasText: text });
}

async function expectReference(page: Page, t: Texts): Promise<void> {
  await expect(page.getByText(t("error.reference"))).toContainText(/[0-9a-f]{8}/);
}
