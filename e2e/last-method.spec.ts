// A company that lets people remove their last method: it is said what that means, and has to be understood.
import { lookAt } from "./support/accessibility";
import { expect, test } from "./support/fixtures";
import { beginSignIn } from "./support/sign-in";
import { appName, expectMistake, expectPage, remove } from "./support/steps";

test.use({ minMethods: 0 });

test("the last method goes after a tick, and the next sign-in needs the password only [MF-19]", {
  tag: ["@french", "@no-script"],
}, async ({ page, portal, person, enrolled: _, control, signedIn, t }) => {
  const name = appName(t);
  await signedIn(() => person.phone.freshCode());
  await page.getByRole("link", { name: `${t("overview.remove")} ${name}` }).click();
  await expectPage(page, t("remove.heading", { Name: name }));
  await expect(page.getByText(t("remove.next.email"))).toBeVisible();
  await lookAt(page, "remove-last");

  await test.step("not without the tick", async () => {
    const started = await control.now();
    await remove(page, t, name);
    await expectMistake(page, t, t("remove.unticked"));
    await lookAt(page, "remove-last-unticked");
    expect(await control.countRequests(started, "DELETE", "/mfa/authenticators")).toBe(0);
  });

  await page.getByRole("checkbox", { name: t("remove.understood") }).check();
  await remove(page, t, name);
  await expect(page.getByRole("heading", { name: t("overview.empty.title") })).toBeVisible();

  await test.step("the next sign-in", async () => {
    await page.getByRole("button", { name: t("layout.sign-out") }).click();
    await expectPage(page, t("signed-out.title"));
    await beginSignIn(page, { portal: portal.url, person, t });
    await expect(page).toHaveURL(portal.url);
  });
});
