// The code that proves a new app: every way of getting it wrong is told apart, and only real tries cost one.
import type { Page } from "@playwright/test";
import { expect, test } from "./support/fixtures";
import { beginSignIn, enterCode } from "./support/sign-in";
import {
  confirmApp, expectMistake, expectPage, keyOf, momentIn, openWizard, openWizardAndScan, recoveryCodeOn, saveRecoveryCode,
} from "./support/steps";
import type { Texts } from "./support/texts";
import { codeAt, wrongCode } from "./support/totp";

test("a wrong code is explained, and the wizard stays as it is", { tag: ["@french", "@no-script"] }, async ({
  page, person, control, signedIn, t,
}) => {
  await signedIn();
  const key = await openWizardAndScan(page, t, person);

  await test.step("a wrong one", async () => {
    await confirmApp(page, t, wrongCode(key, await control.now()));
    await expectMistake(page, t, t("add-app.code.wrong"));
    await expect(codeField(page, t)).toHaveValue("");
    await expect(codeField(page, t)).toHaveAttribute("aria-invalid", "true");
    expect((await keyOf(page, t)).key).toBe(key);
  });

  await test.step("the summary leads to the field", async () => {
    await page.getByRole("alert").getByRole("link").click();
    await expect(codeField(page, t)).toBeFocused();
  });

  await test.step("the right one counts", async () => {
    await confirmApp(page, t, await person.phone.code());
    await expectPage(page, t("recovery-code.title"));
  });
});

test("a code that cannot be one is told so, stays in the field and never reaches the tenant [MF-09]", {
  tag: "@no-script",
}, async ({ page, control, signedIn, t }) => {
  await signedIn();
  await openWizard(page, t);
  const started = await control.now();

  for (const [name, typed, problem] of [
    ["nothing", "", "empty"],
    ["too short", "12345", "too-short"],
    ["too long", "1234567", "too-long"],
    ["letters", "12E456", "not-digits"],
    ["a sign", "+12345", "not-digits"],
    ["digits of another script", "١٢٣٤٥٦", "not-digits"],
  ] as const) {
    await test.step(name, async () => {
      await confirmApp(page, t, typed);
      await expectMistake(page, t, t(`add-app.code.${problem}`));
      await expect(codeField(page, t)).toHaveValue(typed);
    });
  }
  expect(await control.countRequests(started, "POST", "/oauth/token"), "codes sent to the tenant").toBe(0);
});

test("a code is taken as people copy it", async ({ page, person, control, signedIn, t }) => {
  await signedIn();
  const key = await openWizardAndScan(page, t, person);
  const wrong = wrongCode(key, await control.now());
  const spelled = (code: string, between: string) => code.slice(0, 3) + between + code.slice(3);

  // A wrong code in such a spelling is wrong, not malformed: it was read.
  for (const [name, between] of [["a dash", "-"], ["a long dash", "–"], ["a no-break space", "\u00a0"]] as const) {
    await test.step(`with ${name}`, async () => {
      const started = await control.now();
      await paste(page, t, spelled(wrong, between));
      await expectMistake(page, t, t("add-app.code.wrong"));
      expect(await control.countRequests(started, "POST", "/oauth/token")).toBe(1);
    });
  }

  await test.step("the right one, with spaces", async () => {
    await paste(page, t, ` ${spelled(await person.phone.code(), " ")}\t`);
    await expectPage(page, t("recovery-code.title"));
  });
});

for (const [name, off, problem, minutes] of [
  ["4 minutes slow", -240, "clock-slow", 4],
  ["3 minutes fast", 180, "clock-fast", 3],
] as const) {
  test(`a phone whose clock is ${name} is told so after two codes`, async ({ page, person, control, signedIn, t }) => {
    await signedIn();
    const key = await openWizardAndScan(page, t, person);
    const shown = async () => codeAt(key, new Date((await control.now()).getTime() + off * 1000));

    await control.startOfStep();
    await confirmApp(page, t, await shown());
    await expectMistake(page, t, t("add-app.code.wrong"));

    await control.startOfStep();
    await confirmApp(page, t, await shown());
    await expectMistake(page, t, t(`add-app.code.${problem}`, { Count: minutes }));

    await test.step("with its clock set right, the phone's code counts", async () => {
      await confirmApp(page, t, await person.phone.code());
      await expectPage(page, t("recovery-code.title"));
    });
  });
}

test("a code that comes too late does not count", async ({ page, person, control, signedIn, t }) => {
  await signedIn();
  await openWizardAndScan(page, t, person);
  const late = await person.phone.code();
  await control.advance("90s");
  await confirmApp(page, t, late);
  await expectMistake(page, t, t("add-app.code.wrong"));
  await confirmApp(page, t, await person.phone.code());
  await expectPage(page, t("recovery-code.title"));
});

test.describe("at the tenant", () => {
  test.use({ expectedStatuses: [400] });

  test("the code that proved the app does not sign anybody in", async ({ page, portal, person, control, signedIn, t }) => {
    await signedIn();
    await openWizardAndScan(page, t, person);
    await control.startOfStep();
    const used = await person.phone.code();
    await confirmApp(page, t, used);
    await saveRecoveryCode(page, t);
    await page.getByRole("button", { name: t("layout.sign-out") }).click();
    await expectPage(page, t("signed-out.title"));

    await beginSignIn(page, { portal: portal.url, person, t });
    await enterCode(page, used);
    await expect(page.getByRole("alert")).toContainText("has been used already");
    await enterCode(page, await person.phone.freshCode());
    await expect(page).toHaveURL(portal.url);
  });
});

test("five wrong codes throw the key away, not the recovery code [MF-05]", async ({ page, person, control, signedIn, t }) => {
  await signedIn();
  const key = await openWizardAndScan(page, t, person);

  await test.step("the last attempts are counted down", async () => {
    const wrong = wrongCode(key, await control.now());
    await missAgain(page, t, wrong, 2);
    await expect(page.getByRole("alert")).not.toContainText(t("add-app.code.attempts", { Count: 3 }));
    await missAgain(page, t, wrong, 1);
    await expect(page.getByRole("alert")).toContainText(t("add-app.code.attempts", { Count: 2 }));
    await missAgain(page, t, wrong, 1);
    await expect(page.getByRole("alert")).toContainText(t("add-app.code.attempts", { Count: 1 }));
    await confirmApp(page, t, wrong);
  });

  await test.step("the fifth begins anew with another key", async () => {
    const discarded = page.getByRole("alert").filter({ hasText: t("add-app.discarded.title") });
    await expect(discarded).toBeFocused();
    await page.getByRole("button", { name: t("add-app.intro.start") }).click();
    const next = await keyOf(page, t);
    expect(next.key).not.toBe(key);
    await person.phone.scan(next.uri);
  });

  await test.step("the recovery code of the first attempt is still there", async () => {
    await confirmApp(page, t, await person.phone.code());
    await expectPage(page, t("recovery-code.title"));
    expect(await recoveryCodeOn(page)).toMatch(/^[A-Z0-9]{24}$/);
  });
});

test.describe("ten wrong codes", () => {
  test.use({ expectedStatuses: [422, 429] });

  test("are the last: the page says in local time when to come back", async ({ page, person, control, signedIn, t }) => {
    await signedIn();
    const key = await openWizardAndScan(page, t, person);
    const wrong = wrongCode(key, await control.now());
    await missAgain(page, t, wrong, 4);
    await confirmApp(page, t, wrong);
    await page.getByRole("button", { name: t("add-app.intro.start") }).click();
    await person.phone.scan((await keyOf(page, t)).uri);
    await missAgain(page, t, wrong, 4);
    await confirmApp(page, t, wrong);
    await page.getByRole("button", { name: t("add-app.intro.start") }).click();
    const last = await keyOf(page, t);
    await person.phone.scan(last.uri);

    await test.step("even the right code is not asked about", async () => {
      const started = await control.now();
      await confirmApp(page, t, await person.phone.code());
      const until = await momentIn(page, page.getByRole("alert"));
      expect(until.getTime() - started.getTime()).toBeLessThanOrEqual(6 * 60_000);
      expect(until.getTime()).toBeGreaterThan(started.getTime());
      expect(await control.countRequests(started, "POST", "/oauth/token")).toBe(0);
      expect((await keyOf(page, t)).key, "the page stays as it is").toBe(last.key);
    });

    await test.step("then it counts", async () => {
      await control.advance("6m");
      await confirmApp(page, t, await person.phone.code());
      await expectPage(page, t("recovery-code.title"));
    });
  });
});

test("the code of another entry in the app is told apart", async ({ page, person, enrolled, control, signedIn, t }) => {
  await signedIn(() => person.phone.freshCode());
  await openWizard(page, t);
  await expect(page.getByText(t("add-app.other-works"))).toBeVisible();
  await control.advance("30s");
  await confirmApp(page, t, codeAt(enrolled.key, await control.now()));
  await expectMistake(page, t, t("add-app.code.other-entry"));

  await person.phone.scan((await keyOf(page, t)).uri);
  await confirmApp(page, t, await person.phone.code());
  await expect(page.getByRole("status").filter({ hasText: t("notice.app-added") })).toBeFocused();
});

function codeField(page: Page, t: Texts) {
  return page.getByRole("textbox", { name: t("add-app.code.label") });
}

/** Puts a text into the field as the clipboard would, so that a field which cuts it is found out. */
async function paste(page: Page, t: Texts, text: string): Promise<void> {
  await codeField(page, t).focus();
  await page.keyboard.insertText(text);
  await page.getByRole("button", { name: t("add-app.code.confirm"), exact: true }).click();
}

/** Confirms a wrong code so many times, waiting for each answer. */
async function missAgain(page: Page, t: Texts, wrong: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await confirmApp(page, t, wrong);
    await expect(codeField(page, t)).toHaveValue("");
    await expectMistake(page, t, t("add-app.code.wrong"));
  }
}
