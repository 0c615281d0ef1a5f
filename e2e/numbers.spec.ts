// Telephone numbers as people write them, and what the page says about those that cannot be used.
import { expect, test } from "./support/fixtures";
import { confirmMessage, expectMistake, expectPage, expectSent, notice, openAdd, sendToPhone } from "./support/steps";

test.use({ owns: "otp", expectedStatuses: [400, 409, 422] });

test("numbers of ten countries, as people there write them [MF-04]", async ({ page, person, control, signedIn, t }) => {
  await signedIn(() => person.phone.freshCode());
  await openAdd(page, t, "phone");
  await expect(page.getByRole("combobox"), "the country of the browser").toHaveValue("CA");
  for (const [name, country, typed, number] of [
    ["Canada", "CA", "1-506-234-5678", "+15062345678"],
    ["France", "FR", "06.12.34.56.78", "+33612345678"],
    ["Germany", "DE", "0151 / 234 567 89", "+4915123456789"],
    ["the United Kingdom, pasted with its zero", "GB", "+44 (0)7400 123456", "+447400123456"],
    ["Italy", "IT", "312 345 6789", "+393123456789"],
    ["Switzerland, from a contact", "CH", "tel:+41-78-123-45-67", "+41781234567"],
    ["Japan", "JP", "090-1234-5678", "+819012345678"],
    ["India, with no country chosen", "", "0091 81234 56789", "+918123456789"],
    ["Brazil", "BR", "(11) 96123-4567", "+5511961234567"],
    ["Australia, with another country chosen", "CA", " +61 412\u00a0345\u2011678 ", "+61412345678"],
  ] as const) {
    await test.step(name, async () => {
      await sendToPhone(page, t, { country, number: typed });
      await expectSent(page, t, "sms", number.slice(-4));
      expect(await control.messages(number), "text messages to it").toHaveLength(1);
      await page.getByRole("button", { name: t("add-message.change.phone") }).click();
      await expect(page.getByRole("textbox", { name: t("add-phone.number.label") })).toHaveValue(number);
    });
  }
});

test("a number that cannot be used is told so, and nothing is sent [MF-04]", { tag: "@no-script" }, async ({
  page, person, control, signedIn, t,
}) => {
  await signedIn(() => person.phone.freshCode());
  await openAdd(page, t, "phone");
  const started = await control.now();
  for (const [country, typed, problem, channel] of [
    ["CA", "506-234-5678", "channel", ""],
    ["CA", "", "empty", "sms"],
    ["CA", "1-800-FLOWERS", "not-a-number", "sms"],
    ["CA", "234-5678", "too-short", "sms"],
    ["CA", "506 234 5678 901", "too-long", "sms"],
    ["", "06 12 34 56 78", "no-country", "sms"],
    ["GB", "0909 879 0123", "invalid", "sms"], // premium rate
  ] as const) {
    await test.step(problem, async () => {
      await sendToPhone(page, t, { country, number: typed, channel });
      await expectMistake(page, t, t(`add-phone.problem.${problem}`));
      await expect(page.getByRole("textbox", { name: t("add-phone.number.label") })).toHaveValue(typed);
      await expect(page.getByRole("combobox")).toHaveValue(country);
    });
  }
  expect(await control.countRequests(started, "POST", "/mfa/associate"), "codes asked for").toBe(0);

  await test.step("one that the tenant does not take", async () => {
    await control.addFault({
      match: "POST /mfa/associate",
      status: 400,
      body: { error: "invalid_request", error_description: "Invalid phone number" },
      times: 1,
    });
    await sendToPhone(page, t, { number: person.number.written });
    await expectMistake(page, t, t("add-phone.problem.refused"));
  });
});

test("a landline: the page asks before it sends a text message there", { tag: "@no-script" }, async ({
  page, person, control, signedIn, t,
}) => {
  const typed = "020 7946 0018";
  const question = page.getByRole("alert", { name: t("add-phone.landline.title") });
  await signedIn(() => person.phone.freshCode());
  await openAdd(page, t, "phone");
  const started = await control.now();
  await sendToPhone(page, t, { country: "GB", number: typed });
  await expect(question).toBeFocused();
  await expect(question).toContainText(typed);
  await expect(page).not.toHaveTitle(new RegExp(`^${t("summary.prefix")}`));
  expect(await control.countRequests(started, "POST", "/mfa/associate"), "codes asked for").toBe(0);

  await test.step("rather a call", async () => {
    await page.getByRole("button", { name: t("add-phone.landline.call") }).click();
    await expectSent(page, t, "voice", "0018");
  });

  await test.step("or the text message after all", async () => {
    await control.advance("61s"); // the minute between two codes to one number
    await page.getByRole("button", { name: t("add-message.change.phone") }).click();
    await sendToPhone(page, t, { country: "GB", number: typed });
    await page.getByRole("button", { name: t("add-phone.landline.text-anyway") }).click();
    await expectSent(page, t, "sms", "0018");
    await confirmMessage(page, t, await person.newestCode("+442079460018"));
    await expect(notice(page, t("notice.phone-added"))).toBeFocused();
  });

  await test.step("a call to it is not asked about", async () => {
    await openAdd(page, t, "phone");
    await sendToPhone(page, t, { country: "GB", number: "020 7946 0019", channel: "voice" });
    await expectSent(page, t, "voice", "0019");
    await expectPage(page, t("add-phone.title"));
  });
});
