// Each kind of method beside the authenticator app, from the choice to its removal: added, confirmed, used at the next
// sign-in, removed. And the recovery code, which comes with whichever is the first.
import type { Page } from "@playwright/test";
import { expect, test } from "./support/fixtures";
import type { Person } from "./support/person";
import { approveOnPhone, beginSignIn, chooseMethod, enterCode } from "./support/sign-in";
import {
  appRows, awaitScan, confirmMessage, expectPage, expectSent, notice, openAdd, openRemoval, openScan, recoveryCodeOn, remove, rows,
  saveRecoveryCode, sendToAddress, sendToPhone, signOut,
} from "./support/steps";
import type { Texts } from "./support/texts";
import type { Control } from "./support/control";

test.describe("beside an app", () => {
  test.use({ owns: "otp recovery-code" });

  for (const [way, channel, method] of [
    ["text message", "sms", "text"],
    ["call", "voice", "call"],
  ] as const) {
    test(`a phone number, by ${way}`, { tag: ["@french", "@no-script"] }, async ({ page, portal, person, signedIn, t }) => {
      const { number } = person;
      const name = t("method.phone.ending", { Digits: number.ending });
      await signedIn(() => person.phone.freshCode());

      await test.step("add it", async () => {
        await openAdd(page, t, "phone");
        await sendToPhone(page, t, { number: number.written, channel });
        await expectSent(page, t, channel, number.ending);
        await expect(page.getByRole("main"), "the number is not shown in full").not.toContainText(number.written);
        await confirmMessage(page, t, await person.newestCode(number.e164));
        await expect(page).toHaveURL(portal.url);
        await expect(notice(page, t("notice.phone-added"))).toBeFocused();
        await expect(rows(page, t, "phone"), "one row for texts and calls").toHaveCount(1);
        await expect(rows(page, t, "phone")).toContainText(t("method.phone.fact.both"));
        await expect(rows(page, t, "phone")).toContainText(t("overview.changed"));
      });

      await test.step("sign in with it", async () => {
        await signOut(page, t);
        await signedIn(async (tenant) => {
          await chooseMethod(tenant, method);
          return person.newestCode(number.e164);
        });
        await expect(page.getByRole("heading", { name: t("overview.protected.title") })).toBeVisible();
      });

      await test.step("remove it, both abilities at once", async () => {
        await openRemoval(page, t, name);
        await expect(page.getByText(t("remove.along.both"))).toBeVisible();
        await expect(page.getByText(t("remove.also.phone"))).toBeVisible();
        await remove(page, t, name);
        await expect(notice(page, t("notice.removed"))).toBeFocused();
        await expect(rows(page, t, "phone")).toHaveCount(0);
        await expect(appRows(page, t)).toHaveCount(1);
      });
    });
  }

  test("another email address", { tag: ["@french", "@no-script"] }, async ({ page, portal, person, signedIn, t }) => {
    const address = person.privately;
    await signedIn(() => person.phone.freshCode());

    await test.step("the one of the account is there, and stays", async () => {
      await expect(rows(page, t, "email")).toHaveCount(1);
      await expect(rows(page, t, "email")).toContainText(t("method.email.badge"));
      await expect(rows(page, t, "email")).toContainText(t("method.email.fact.fixed"));
      await expect(rows(page, t, "email").getByRole("link")).toHaveCount(0);
    });

    await test.step("add another", async () => {
      await openAdd(page, t, "email");
      await expect(page.getByText(t("add-email.good-for"))).toBeVisible();
      await expect(page.getByText(t("add-email.profile", { Address: person.email }))).toBeVisible();
      await sendToAddress(page, t, address);
      await expectSent(page, t, "email", address);
      await confirmMessage(page, t, await person.newestCode(address));
      await expect(page).toHaveURL(portal.url);
      await expect(notice(page, t("notice.email-added"))).toBeFocused();
      await expect(rows(page, t, "email")).toHaveCount(2);
    });

    await test.step("sign in with it", async () => {
      await signOut(page, t);
      await signedIn(async (tenant) => {
        await chooseMethod(tenant, "email");
        return person.newestCode(address);
      });
    });

    await test.step("remove it", async () => {
      await openRemoval(page, t, t("method.email.name"));
      await expect(page.getByText(t("remove.also.email"))).toBeVisible();
      await remove(page, t, t("method.email.name"));
      await expect(notice(page, t("notice.removed"))).toBeFocused();
      await expect(rows(page, t, "email")).toHaveCount(1);
      await expect(rows(page, t, "email")).toContainText(t("method.email.badge"));
    });
  });

  test("notifications", { tag: ["@french", "@no-script"] }, async ({ page, portal, person, control, signedIn, t }) => {
    const name = t("method.push.name");
    await page.clock.install();
    await signedIn(() => person.phone.freshCode());

    await test.step("add them: the page finds out by itself that the phone has scanned", async () => {
      await person.phone.scan(await openScan(page, t));
      await awaitScan(page, t, control);
      await expect(page).toHaveURL(portal.url);
      await expect(notice(page, t("notice.push-added"))).toBeFocused();
      await expect(rows(page, t, "push"), "notifications and codes in one row").toHaveCount(1);
      await expect(rows(page, t, "push")).toContainText(t("method.push.fact.codes"));
      await expect(rows(page, t, "push")).toContainText(t("overview.changed"));
      await expect(appRows(page, t), "the app of before").toHaveCount(1);
    });

    await test.step("sign in by approving", async () => {
      await signOut(page, t);
      await signedIn((tenant) => approveOnPhone(tenant, person));
    });

    await test.step("sign in without a network, with the codes of the same app", async () => {
      await signOut(page, t);
      await person.phone.goOffline();
      await signedIn(async (tenant) => {
        expect(await person.phone.pushes()).toEqual([]);
        await chooseMethod(tenant, "app");
        return person.phone.freshGuardianCode();
      });
    });

    await test.step("remove them, and the codes with them", async () => {
      await openRemoval(page, t, name);
      await expect(page.getByText(t("remove.along.codes"))).toBeVisible();
      await expect(page.getByText(t("remove.also.push"))).toBeVisible();
      await remove(page, t, name);
      await expect(notice(page, t("notice.removed"))).toBeFocused();
      await expect(rows(page, t, "push")).toHaveCount(0);
      await expect(appRows(page, t)).toHaveCount(1);
    });
  });
});

test.describe("the recovery code comes with the first method", () => {
  const ways: [string, (at: { page: Page; person: Person; control: Control; t: Texts }) => Promise<void>][] = [
    ["a phone number", async ({ page, person, t }) => {
      await openAdd(page, t, "phone");
      await sendToPhone(page, t, { number: person.number.written });
      await expectSent(page, t, "sms", person.number.ending);
      await confirmMessage(page, t, await person.newestCode(person.number.e164));
    }],
    ["an email address", async ({ page, person, t }) => {
      await openAdd(page, t, "email");
      await sendToAddress(page, t, person.privately);
      await expectSent(page, t, "email", person.privately);
      await confirmMessage(page, t, await person.newestCode(person.privately));
    }],
    ["notifications", async ({ page, person, control, t }) => {
      await page.clock.install();
      await person.phone.scan(await openScan(page, t));
      await awaitScan(page, t, control);
    }],
  ];
  for (const [name, add] of ways) {
    test(`${name} [MF-22]`, { tag: name === "notifications" ? "@no-script" : [] }, async ({ page, portal, person, control, signedIn, t, unprinted }) => {
      await signedIn();
      await add({ page, person, control, t });
      await expectPage(page, t("recovery-code.title"));
      const code = await recoveryCodeOn(page);
      expect(code).toMatch(/^[A-Z0-9]{24}$/);
      unprinted.push(code);
      await saveRecoveryCode(page, t);
      await expect(page).toHaveURL(portal.url);
      await expect(page.getByText(t("overview.recovery.active.title"))).toBeVisible();
    });
  }

  test("even if the attempt that brought it was given up for another kind [MF-22]", async ({
    page, portal, person, signedIn, t, unprinted,
  }) => {
    await signedIn();
    await openAdd(page, t, "app");
    await page.getByRole("button", { name: t("add-app.intro.start") }).click();
    await page.getByRole("button", { name: t("add-app.cancel") }).click();
    await expect(notice(page, t("notice.scan-cancelled"))).toBeVisible();

    await openAdd(page, t, "phone");
    await sendToPhone(page, t, { number: person.number.written });
    await expectSent(page, t, "sms", person.number.ending);
    await confirmMessage(page, t, await person.newestCode(person.number.e164));
    await expectPage(page, t("recovery-code.title"));
    const code = await recoveryCodeOn(page);
    unprinted.push(code);
    await saveRecoveryCode(page, t);
    await expect(page).toHaveURL(portal.url);

    await test.step("and it works", async () => {
      await signOut(page, t);
      await beginSignIn(page, { portal: portal.url, person, t });
      await page.getByRole("link", { name: /another method|autre méthode/i }).click();
      await page.getByRole("link", { name: /recovery code|code de récupération/i }).click();
      await enterCode(page, code);
      await expect(page.getByRole("checkbox")).toBeVisible();
    });
  });
});
