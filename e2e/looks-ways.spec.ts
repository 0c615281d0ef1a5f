// What wizards say when somebody comes back, leaves too late or goes on elsewhere, examined as in looks.spec.ts.
import { lookAt } from "./support/accessibility";
import { expect, test } from "./support/fixtures";
import { phone } from "./support/messages";
import { approveOnPhone } from "./support/sign-in";
import { confirmIdentity, confirmMessage, expectMistake, expectPage, notice, openScan, rows } from "./support/steps";

test.use({ owns: "otp", expectedStatuses: [400, 401, 403, 409, 422, 429] });
test.slow(); // five looks at each page

test("the same number too soon, and a code that ends with the proof", { tag: "@french" }, async ({
  page, person, control, signedIn, t,
}) => {
  await signedIn(() => person.phone.freshCode());
  await phone.open(page, t, person);
  await page.getByRole("button", { name: t("add-message.change.phone") }).click();
  await page.getByRole("button", { name: t("add-phone.send") }).click();
  await expectMistake(page, t, t("add-phone.problem.too-soon", { Seconds: "\n" }).split("\n")[0]!.trim());
  await lookAt(page, "add-phone-too-soon");

  await control.advance("61s");
  await page.getByRole("button", { name: t("add-phone.send") }).click();
  await expect(page.getByRole("textbox", { name: t("add-message.code.label") })).toBeVisible();
  await control.advance("7m30s");
  await page.reload();
  await expect(page.getByRole("alert").filter({ hasText: t("add-message.expired.title") })).toBeVisible();
  await expect(page.getByRole("link", { name: t("proof.renew"), exact: true })).toBeVisible();
  const first = page.getByRole("main").locator(".button:not(.quiet)").filter({ visible: true });
  await expect(first, "the one button of first choice").toHaveText(t("add-message.again.send"));
  await lookAt(page, "add-phone-expired-warning");
});

test("cancelled when nobody could look: told at once, and settled by the overview", { tag: "@french" }, async ({
  page, person, control, signedIn, t,
}) => {
  await signedIn(() => person.phone.freshCode());
  await person.phone.scan(await openScan(page, t));
  await control.advance("11m");
  await page.getByRole("button", { name: t("add-push.cancel") }).click();
  await expectPage(page, t("confirm.title"));
  await expect(notice(page, t("notice.cancel-unknown"))).toBeFocused();
  await lookAt(page, "confirm-cancel-unknown");
  await confirmIdentity(page, t, { answer: () => approveOnPhone(page, person) });
  await expect(notice(page, t("notice.push-added"))).toBeFocused();
  await expect(rows(page, t, "push")).toHaveCount(1);
});

test("a code for an attempt that was cancelled in another tab", { tag: ["@french", "@no-script"] }, async ({
  page, context, portal, person, signedIn, t,
}) => {
  await signedIn(() => person.phone.freshCode());
  await phone.open(page, t, person);
  const other = await context.newPage();
  await other.goto(`${portal.url}add/phone`);
  await other.getByRole("button", { name: t("add-message.cancel") }).click();
  await expect(notice(other, t("notice.add-cancelled"))).toBeVisible();
  await confirmMessage(page, t, await person.newestCode(person.number.e164));
  await expect(page).toHaveURL(portal.url);
  await expect(notice(page, t("notice.attempt-over"))).toBeFocused();
  await expect(rows(page, t, "phone")).toHaveCount(0);
  await lookAt(page, "overview-attempt-over");
});
