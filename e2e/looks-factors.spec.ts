// The pages and states of phones, addresses and notifications, examined as in looks.spec.ts.
import type { Page } from "@playwright/test";
import { lookAt } from "./support/accessibility";
import { expect, test } from "./support/fixtures";
import { beginSignIn, chooseMethod, enterCode, methods } from "./support/sign-in";
import {
  appName, awaitScan, confirmMessage, expectMistake, expectPage, expectSent, messageField, openAdd, openRemoval, openScan,
  rows, sayScanned, scanned, sendToAddress, sendToPhone, untilTime,
} from "./support/steps";

test.use({ owns: "otp", expectedStatuses: [400, 401, 409, 422, 429] });
test.slow(); // five looks at each page

test("the choice, and a phone number", { tag: "@french" }, async ({ page, person, control, signedIn, t }) => {
  await signedIn(() => person.phone.freshCode());
  await page.getByRole("link", { name: t("overview.add") }).click();
  await page.getByText(`${t("add.what")} ${t("method.phone.name")}`).click();
  await expect(page.getByText(t("add.phone.what"))).toBeVisible();
  await lookAt(page, "add");
  await page.getByRole("link", { name: t("method.phone.name"), exact: true }).click();
  await expectPage(page, t("add-phone.title"));
  await lookAt(page, "add-phone");
  await sendToPhone(page, t, { number: "234", channel: "" });
  await expectMistake(page, t, t("add-phone.problem.too-short"));
  await lookAt(page, "add-phone-problem");
  await sendToPhone(page, t, { number: person.number.written, channel: "" });
  await expectMistake(page, t, t("add-phone.problem.channel"));
  await lookAt(page, "add-phone-no-channel");
  await sendToPhone(page, t, { country: "GB", number: "020 7946 0018" });
  await expect(page.getByRole("alert", { name: t("add-phone.landline.title") })).toBeFocused();
  await lookAt(page, "add-phone-landline");

  await sendToPhone(page, t, { number: person.number.written });
  await expectSent(page, t, "sms", person.number.ending);
  await lookAt(page, "add-phone-code");
  await confirmMessage(page, t, "12");
  await expectMistake(page, t, t("add-message.code.too-short"));
  await lookAt(page, "add-phone-code-wrong");
  // Before its time, as without the script; at once, for the script disables the button again each second.
  await page.getByRole("button", { name: t("add-message.again.send") }).evaluate((button) => {
    button.ariaDisabled = null;
    (button as HTMLButtonElement).click();
  });
  await expectMistake(page, t, untilTime(t, "add-message.code.too-soon.until"));
  await lookAt(page, "add-phone-code-too-soon");
  await control.advance("5m1s");
  await page.reload();
  await expect(page.getByRole("alert").filter({ hasText: t("add-message.expired.title") })).toBeVisible();
  await lookAt(page, "add-phone-code-expired");
  await page.getByRole("button", { name: t("add-message.again.call-instead") }).click();
  await expectSent(page, t, "voice", person.number.ending);
  await lookAt(page, "add-phone-code-resent");
});

test("an address", { tag: "@french" }, async ({ page, person, signedIn, t }) => {
  await signedIn(() => person.phone.freshCode());
  await openAdd(page, t, "email");
  await lookAt(page, "add-email");
  await sendToAddress(page, t, "eve");
  await expectMistake(page, t, t("add-email.problem.invalid"));
  await lookAt(page, "add-email-problem");
  await sendToAddress(page, t, person.privately);
  await expect(messageField(page, t)).toBeVisible();
  await lookAt(page, "add-email-code");
  const right = await person.newestCode(person.privately);
  const wrong = right === "123456" ? "654321" : "123456";
  for (let misses = 1; misses <= 4; misses++) {
    await confirmMessage(page, t, wrong);
    await expect(messageField(page, t)).toHaveValue("");
  }
  await confirmMessage(page, t, wrong);
  await expect(page.getByText(t("add-message.discarded.title"))).toBeVisible();
  await lookAt(page, "add-email-discarded");
});

test("notifications", { tag: "@french" }, async ({ page, person, control, signedIn, t }) => {
  await page.clock.install();
  await signedIn(() => person.phone.freshCode());
  await openAdd(page, t, "push");
  await lookAt(page, "add-push");
  await page.getByRole("button", { name: t("add-push.start") }).click();
  await scanned(page, t);
  await lookAt(page, "add-push-scan");
  await sayScanned(page, t);
  await expect(page.getByRole("alert").filter({ hasText: t("add-push.asked.not-yet") })).toBeFocused();
  await lookAt(page, "add-push-not-yet");
  await control.advance("5m");
  await awaitScan(page, t, control);
  await expect(page.getByText(t("add-push.state.expired.text"))).toBeVisible();
  await lookAt(page, "add-push-expired");
  await page.getByRole("button", { name: t("add-push.renew") }).click();
  await person.phone.scan(await scanned(page, t));
  await awaitScan(page, t, control);
  await expect(rows(page, t, "push")).toHaveCount(1);
  await lookAt(page, "overview-push");
  await openRemoval(page, t, t("method.push.name"));
  await lookAt(page, "remove-push");
});

test.describe("on a phone", () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 800 } });

  test("notifications, on the screen that is to scan", { tag: "@french" }, async ({ page, person, signedIn, t }) => {
    await signedIn(() => person.phone.freshCode());
    await openScan(page, t);
    await lookAt(page, "add-push-on-phone");
  });
});

test.describe("with everything", () => {
  test.use({ owns: "otp push phone email recovery-code" });

  test("the overview, and what belongs together", { tag: "@french" }, async ({ page, person, signedIn, t }) => {
    await signedIn(async (tenant) => {
      await chooseMethod(tenant, "app");
      return person.phone.freshCode();
    });
    await expect(rows(page, t, "push")).toContainText(t("method.push.unsure"));
    await lookAt(page, "overview-everything");
    await openRemoval(page, t, appName(t, 1));
    await lookAt(page, "remove-unsure");
  });

  test("the tenant's challenges", { tag: "@french" }, async ({ page, portal, person, control, t }) => {
    await beginSignIn(page, { portal: portal.url, person, t });
    await expect(page.getByRole("button")).toHaveCount(2);
    await lookAt(await held(page), "tenant-push");
    await page.unrouteAll();
    await page.getByRole("link", { name: /another method|autre méthode/i }).click();
    await lookAt(page, "tenant-options-all");
    await page.getByRole("button", { name: methods.text }).click();
    await expect(page.getByRole("textbox")).toBeVisible();
    await lookAt(page, "tenant-text");
    await control.advance("5m");
    await enterCode(page, "000000");
    await expect(page.getByRole("alert")).toBeFocused();
    await lookAt(page, "tenant-text-wrong");
  });

  test("the tenant's console", async ({ page, portal, person, t }) => {
    await beginSignIn(page, { portal: portal.url, person, t });
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await chooseMethod(page, "text");
    await expect(page.getByRole("textbox")).toBeVisible();
    await page.goto(`${portal.tenant}console/phones`);
    await page.getByRole("link", { name: `Phone of ${person.name}` }).click();
    await lookAt(page, "console-phone-push");
    await page.goto(`${portal.tenant}console`);
    const inbox = page.getByRole("navigation").getByRole("link", { name: /messages|inbox/i });
    await inbox.click();
    await lookAt(page, "console-messages");
  });
});

/** Keeps the tenant's page for notifications from loading itself anew while it is looked at. */
async function held(page: Page): Promise<Page> {
  await page.route("**/u/mfa-push-challenge-push*", (route) => route.abort("aborted"));
  await page.locator("meta[http-equiv=refresh]").evaluate((reload) => reload.remove());
  return page;
}
