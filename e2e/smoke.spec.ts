// The first look: the program is up, the landing page is whole, and a person gets in.
import { expect, test } from "./support/fixtures";

test("a visitor sees what the portal is for and one way in", { tag: "@everywhere" }, async ({ page, portal, t }) => {
  await page.goto(portal.url);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(t("landing.plain.title"));
  await expect(page.getByRole("main").getByRole("link", { name: t("landing.sign-in") })).toBeVisible();
});

test("a new employee signs in and sees an unprotected account", { tag: "@everywhere" }, async ({ page, signedIn, t }) => {
  await signedIn();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(t("overview.title"));
  await expect(page.getByRole("heading", { name: t("overview.empty.title") })).toBeVisible();
});
