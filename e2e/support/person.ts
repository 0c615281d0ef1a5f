// A made-up employee of the example company: an account at the tenant, a phone with both kinds of apps, and inboxes.
import { randomBytes } from "node:crypto";
import type { Control, Owned, User } from "./control";

export interface Person extends User {
  password: string;
  phone: Phone;
  /** A telephone number that nobody else in this run has. */
  number: Telephone;
  /** An e-mail address beside that of the account. */
  privately: string;
  /** The newest code that was sent to a number or an address. */
  newestCode(to: string): Promise<string>;
}

export interface Telephone {
  /** As its owner writes it. */
  written: string;
  /** As the tenant knows it. */
  e164: string;
  /** The last four digits. */
  ending: string;
}

/** Creates a person whom nobody else in this run has met, with what they have from long ago. */
export async function hire(
  control: Control,
  locale: string,
  { name, owned = [] }: { name?: string; owned?: Owned[] } = {},
): Promise<Person> {
  const token = randomBytes(6).toString("hex");
  const privately = `eve.${token}@home.example.net`;
  const password = `Pw-${randomBytes(12).toString("base64url")}`;
  const user = await control.createUser({
    email: `eve.${token}@example.com`,
    password,
    email_verified: true,
    name: name ?? `Eve ${token}`,
    locale,
    authenticators: owned.map((one) => (one.type === "email" ? { address: privately, ...one } : one)),
  });
  const newestCode = async (to: string) => {
    const [newest] = await control.messages(to);
    if (!newest) throw new Error(`nothing was sent to ${to}`);
    return newest.code;
  };
  return {
    ...user,
    password,
    phone: new Phone(control, user),
    number: nextNumber(),
    privately,
    newestCode,
  };
}

let numbers = 0; // given out by this worker, which has a tenant of its own

/** The next Canadian number of those that are kept free for stories. */
function nextNumber(): Telephone {
  const areas = ["506", "514", "613", "416", "604", "403", "204", "306", "902", "709"];
  const area = areas[Math.floor(numbers / 100) % areas.length]!;
  const ending = `01${String(numbers % 100).padStart(2, "0")}`;
  numbers++;
  return { written: `(${area}) 555-${ending}`, e164: `+1${area}555${ending}`, ending };
}

/** A person's simulated phone with an authenticator app and the notification app. */
export class Phone {
  constructor(
    private readonly control: Control,
    private readonly owner: User,
  ) {}

  /** Reads the text of a QR code, as the camera or a tap on the link would: of an app or of notifications. */
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

  /** The next code that the notification app shows without a network. */
  async freshGuardianCode(): Promise<string> {
    await this.control.advance("30s");
    const account = (await this.state()).guardian[0];
    if (!account) throw new Error(`the notification app of ${this.owner.email} has no account`);
    return account.code;
  }

  /** What the phone shows of sign-ins that wait for an answer, newest first. */
  async pushes() {
    return (await this.state()).pushes;
  }

  approve = async () => this.control.approve((await this.state()).id);
  deny = async () => this.control.deny((await this.state()).id, "This was not me");
  removeAccount = async () => this.control.unenrol((await this.state()).id);
  goOffline = async () => this.control.setOffline((await this.state()).id, true);
  goOnline = async () => this.control.setOffline((await this.state()).id, false);

  /** The secrets in both apps, which must appear in no log. */
  async secrets(): Promise<string[]> {
    const { accounts, guardian } = await this.state();
    return [...accounts, ...guardian].map((account) => account.secret);
  }

  private async state() {
    const phone = (await this.control.phones()).find(({ user }) => user === this.owner.user_id || user === this.owner.email);
    if (!phone) throw new Error(`the tenant simulates no phone of ${this.owner.email}`);
    return phone;
  }
}
