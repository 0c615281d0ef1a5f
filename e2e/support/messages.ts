// The two kinds of method whose code is sent: to a phone number and to an e-mail address.
import type { Page } from "@playwright/test";
import type { Person } from "./person";
import { expectSent, openAdd, sendToAddress, sendToPhone } from "./steps";
import type { Texts } from "./texts";

export interface Way {
  kind: "phone" | "email";
  to(person: Person): string;
  /** From the overview to the page that asks for the code. */
  open(page: Page, t: Texts, person: Person): Promise<void>;
}

export const phone: Way = {
  kind: "phone",
  to: (person) => person.number.e164,
  open: async (page, t, person) => {
    await openAdd(page, t, "phone");
    await sendToPhone(page, t, { number: person.number.written });
    await expectSent(page, t, "sms", person.number.ending);
  },
};

export const email: Way = {
  kind: "email",
  to: (person) => person.privately,
  open: async (page, t, person) => {
    await openAdd(page, t, "email");
    await sendToAddress(page, t, person.privately);
    await expectSent(page, t, "email", person.privately);
  },
};

/** A code that differs from the right one. */
export function wrongFor(code: string): string {
  return code === "123456" ? "654321" : "123456";
}
