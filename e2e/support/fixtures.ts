// What every browser test starts from: a running portal, a fresh person, a guarded browser. Specs import test and
// expect from here and nowhere else.
import { test as base, expect, type BrowserContext } from "@playwright/test";
import type { Control, Owned } from "./control";
import { enrol, type Enrolled } from "./enrol";
import { watch } from "./guard";
import { hire, type Person } from "./person";
import { type Portal, start } from "./portal";
import { type SecondStep, signIn } from "./sign-in";
import { type Texts, textsOf } from "./texts";

export interface Options {
  /** The host in the tenant's address: localhost is the same site as the portal, 127.0.0.1 another one. */
  tenantHost: "localhost" | "127.0.0.1";
  /** How many strong methods the company asks people to keep. */
  minMethods: number;
  /** What the company offers, as METHODS of the program; empty for all. */
  methods: string;
  /** Whether sign-ins ask for a refresh token (REFRESH). */
  refresh: boolean;
}

interface WorkerFixtures extends Options {
  portal: Portal;
}

interface TestFixtures {
  /** Statuses that the test's pages answer on purpose; any other failed request fails the test. */
  expectedStatuses: number[];
  /** What the browser's console says on purpose. */
  expectedOnConsole: RegExp;
  /** What the person has from long ago, by the tenant's names, separated by spaces: "otp phone". */
  owns: string;
  /** The portal's sentences in the browser's language. */
  t: Texts;
  control: Control;
  /** Somebody with an account, a password and what they own, met by this test only. */
  person: Person;
  /** Somebody else, met by this test only too. */
  anotherPerson: Person;
  /** What the person has from long ago: an authenticator app and a recovery code. */
  enrolled: Enrolled;
  /** Another browser of this test, guarded like the first one. */
  anotherBrowser(): Promise<BrowserContext>;
  /** Signs the person in; with what answers the second step where one is asked. */
  signedIn(secondStep?: SecondStep): Promise<void>;
  /** Values that must not appear in what the program prints; the person's password and app secrets are among them. */
  unprinted: string[];
}

/** The tenant's settings that a test may change. */
const usual = {
  policy: [],
  factors: { otp: true, sms: true, email: true, "push-notification": true },
  message_types: ["sms", "voice"],
  variants: { push_poll_interval: "1" },
};

export const test = base.extend<TestFixtures, WorkerFixtures>({
  tenantHost: ["localhost", { option: true, scope: "worker" }],
  minMethods: [1, { option: true, scope: "worker" }],
  methods: ["", { option: true, scope: "worker" }],
  refresh: [false, { option: true, scope: "worker" }],
  owns: ["", { option: true }],
  expectedStatuses: [[401, 403, 422], { option: true }],
  expectedOnConsole: [/(?!)/, { option: true }],

  portal: [
    async ({ tenantHost, minMethods, methods, refresh }, use) => {
      const { portal, stop } = await start({ tenantHost, minMethods, methods, refresh });
      await use(portal);
      await stop();
    },
    { scope: "worker" },
  ],

  control: async ({ portal }, use) => {
    await use(portal.control);
    await portal.control.clearFaults();
    await portal.control.changeTenant(usual);
  },

  t: async ({ locale }, use) => use(textsOf(locale)),

  person: async ({ control, locale, owns, unprinted }, use) => {
    const owned = owns.split(" ").filter(Boolean).map((type) => ({ type }) as Owned);
    const person = await hire(control, locale ?? "en", { owned });
    unprinted.push(person.password);
    await use(person);
    unprinted.push(...(await person.phone.secrets()));
  },

  anotherPerson: async ({ control, locale, unprinted }, use) => {
    const person = await hire(control, locale ?? "en");
    unprinted.push(person.password);
    await use(person);
  },

  enrolled: async ({ control, portal, person, unprinted }, use) => {
    const enrolled = await enrol(control, portal.tenant, person);
    unprinted.push(enrolled.recoveryCode);
    await use(enrolled);
  },

  unprinted: async ({ portal }, use) => {
    const before = portal.log().length;
    const values: string[] = [];
    await use(values);
    const printed = portal.log().slice(before);
    const leaked = values.filter((value) => printed.includes(value));
    expect(leaked, "secrets in the program's output").toEqual([]);
  },

  context: async ({ context, expectedStatuses, expectedOnConsole }, use) => {
    const troubles = await watch(context, expectedStatuses, expectedOnConsole);
    await use(context);
    expect(troubles(), "troubles in the browser").toEqual([]);
    expect((await context.storageState()).origins, "what pages have stored in the browser").toEqual([]);
  },

  anotherBrowser: async ({ browser, expectedStatuses, expectedOnConsole }, use) => {
    const opened: { context: BrowserContext; troubles: () => string[] }[] = [];
    await use(async () => {
      const context = await browser.newContext(); // with the project's options, as the runner sees to
      opened.push({ context, troubles: await watch(context, expectedStatuses, expectedOnConsole) });
      return context;
    });
    for (const { context, troubles } of opened) {
      await context.close();
      expect(troubles(), "troubles in another browser").toEqual([]);
    }
  },

  signedIn: async ({ page, portal, person, t }, use) => {
    await use((secondStep) => signIn(page, { portal: portal.url, person, t, secondStep }));
  },
});

export { expect };
