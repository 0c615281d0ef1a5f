// A made-up employee of the example company: an account at the tenant, and a phone with an authenticator app.
import { randomBytes } from "node:crypto";
import type { Control, User } from "./control";

export interface Person extends User {
  password: string;
  phone: Phone;
}

/** Creates a person whom nobody else in this run has met, with no second step yet. */
export async function hire(control: Control, locale: string, name?: string): Promise<Person> {
  const token = randomBytes(6).toString("hex");
  const password = `Pw-${randomBytes(12).toString("base64url")}`;
  const user = await control.createUser({
    email: `eve.${token}@example.com`,
    password,
    email_verified: true,
    name: name ?? `Eve ${token}`,
    locale,
  });
  return { ...user, password, phone: new Phone(control, user) };
}

/** A person's simulated phone. Only its authenticator app matters here. */
export class Phone {
  constructor(
    private readonly control: Control,
    private readonly owner: User,
  ) {}

  /** Adds the account of an otpauth text to the app, as the camera or a tap on the link would. */
  async scan(uri: string): Promise<void> {
    await this.control.scan((await this.state()).id, uri);
  }

  /** The code that the app shows now for the account added last. A tenant takes each code once: see freshCode. */
  async code(): Promise<string> {
    const account = (await this.state()).accounts[0];
    if (!account) throw new Error(`the phone of ${this.owner.email} has no account`);
    return account.code;
  }

  /** Waits, on the shared clock, for the next code. */
  async freshCode(): Promise<string> {
    await this.control.advance("30s");
    return this.code();
  }

  /** The secrets in the app, which must appear in no log. */
  async secrets(): Promise<string[]> {
    return (await this.state()).accounts.map((account) => account.secret);
  }

  private async state() {
    const phone = (await this.control.phones()).find(({ user }) => user === this.owner.user_id || user === this.owner.email);
    if (!phone) throw new Error(`the tenant simulates no phone of ${this.owner.email}`);
    return phone;
  }
}
