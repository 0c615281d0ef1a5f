// What belongs together: the two abilities of a phone number, a push account and the codes of its app. One row where that
// is known, a warning where it is not, and a removal page that names everything that goes along.
import { expect, test } from "./support/fixtures";
import { chooseMethod } from "./support/sign-in";
import { appName, appRows, expectPage, notice, openRemoval, remove, rows, signOut } from "./support/steps";

test.describe("notifications and their codes, the only ones", () => {
  test.use({ owns: "push phone" });

  test("are one row and go together; the phone number stays", { tag: ["@french", "@no-script"] }, async ({
    page, person, signedIn, t,
  }) => {
    await signedIn(async (tenant) => {
      await chooseMethod(tenant, "app");
      return person.phone.freshGuardianCode();
    });
    await expect(rows(page, t, "push")).toHaveCount(1);
    await expect(rows(page, t, "push")).toContainText(t("method.push.fact.codes"));
    await expect(appRows(page, t)).toHaveCount(0);
    await openRemoval(page, t, t("method.push.name"));
    await expect(page.getByText(t("remove.along.codes"))).toBeVisible();
    await remove(page, t, t("method.push.name"));
    await expect(notice(page, t("notice.removed"))).toBeFocused();
    await expect(rows(page, t, "push")).toHaveCount(0);
    await expect(rows(page, t, "phone")).toHaveCount(1);
  });

  test("removed on the phone itself, they are gone here too", async ({ page, person, signedIn, t }) => {
    await signedIn(async (tenant) => {
      await chooseMethod(tenant, "app");
      return person.phone.freshGuardianCode();
    });
    await openRemoval(page, t, t("method.push.name"));
    await person.phone.removeAccount();
    await remove(page, t, t("method.push.name"));
    await expect(notice(page, t("notice.already-removed"))).toBeFocused();
    await expect(rows(page, t, "push")).toHaveCount(0);
    await expect(appRows(page, t)).toHaveCount(0);
    await expect(rows(page, t, "phone")).toHaveCount(1);
  });
});

test.describe("notifications beside an app, and nobody knows which codes are whose", () => {
  test.use({ owns: "otp push", expectedStatuses: [409] });

  test("the removal of the notifications says that an app may go along", async ({
    page, person, signedIn, t,
  }) => {
    await signedIn(async (tenant) => {
      await chooseMethod(tenant, "app");
      return person.phone.freshCode();
    });
    await expect(rows(page, t, "push")).toContainText(t("method.push.unsure"));
    await expect(appRows(page, t)).toHaveCount(2);
    await expect(appRows(page, t).first()).toContainText(t("method.app.unsure"));
    await openRemoval(page, t, t("method.push.name"));
    await expect(page.getByText(t("remove.along.maybe-app"))).toBeVisible();
    await remove(page, t, t("method.push.name"));
    await expect(notice(page, t("notice.removed"))).toBeFocused();
    await expect(rows(page, t, "push")).toHaveCount(0);
    await expect(appRows(page, t)).toHaveCount(1);
    await expect(appRows(page, t)).not.toContainText(t("method.app.unsure"));
  });

  test("the removal of an app says that the notifications may go along", async ({ page, person, signedIn, t }) => {
    await signedIn(async (tenant) => {
      await chooseMethod(tenant, "app");
      return person.phone.freshCode();
    });
    await openRemoval(page, t, appName(t, 2)); // the one that came with the notifications
    await expect(page.getByText(t("remove.along.maybe-push"))).toBeVisible();
    await remove(page, t, appName(t, 2));
    await expect(notice(page, t("notice.removed"))).toBeFocused();
    await expect(rows(page, t, "push")).toHaveCount(0);
    await expect(appRows(page, t)).toHaveCount(1);

    await test.step("and the phone asks nobody any more", async () => {
      const before = await person.phone.pushes();
      await signOut(page, t);
      await signedIn(() => person.phone.freshCode());
      expect(await person.phone.pushes()).toEqual(before);
    });
  });
});

test.describe("notifications as the only method", () => {
  test.use({ owns: "push", expectedStatuses: [409] });

  test("stay: the codes of the same app are no other method [MF-19]", async ({ page, person, signedIn, t }) => {
    await signedIn(async (tenant) => {
      await chooseMethod(tenant, "app");
      return person.phone.freshGuardianCode();
    });
    await page.getByRole("link", { name: `${t("overview.remove")} ${t("method.push.name")}` }).click();
    await expectPage(page, t("remove.refused.heading", { Name: t("method.push.name") }));
  });
});
