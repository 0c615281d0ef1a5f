// A portal whose sign-ins ask for a refresh token (REFRESH=on): reading goes on after the ten minutes of a proof, changing
// does not.
import { expect, test } from "./support/fixtures";
import { appRows, confirmIdentity, expectPage, signOut } from "./support/steps";

test.use({ refresh: true });

test("after eleven minutes the list is still there, and a change asks for a confirmation", async ({
  page, portal, person, enrolled: _, control, signedIn, t,
}) => {
  await signedIn(() => person.phone.freshCode());
  for (const minutes of [11, 22]) {
    await test.step(`the list after ${minutes} minutes`, async () => {
      await control.advance("11m");
      const started = await control.now();
      await page.reload();
      await expectPage(page, t("overview.title"));
      await expect(appRows(page, t)).toHaveCount(1);
      expect(await control.countRequests(started, "POST", "/oauth/token"), "refreshes").toBe(1);
    });
  }

  await test.step("a change", async () => {
    await page.getByRole("link", { name: t("overview.add"), exact: true }).click();
    await confirmIdentity(page, t, { code: () => person.phone.freshCode() });
    await expect(page).toHaveURL(`${portal.url}add`);
  });

  await test.step("signing out ends the refresh token too", async () => {
    const started = await control.now();
    await signOut(page, t);
    await expect(page).toHaveURL(`${portal.url}signed-out`);
    expect(await control.countRequests(started, "POST", "/oauth/revoke"), "revocations").toBe(1);
  });
});
