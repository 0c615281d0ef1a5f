// The emulator's control API, typed: what a test may arrange at the tenant and look up there.

export interface User {
  user_id: string;
  email: string;
  email_verified: boolean;
  name: string;
  locale: string;
  blocked: boolean;
}

export interface NewUser {
  email: string;
  password: string;
  email_verified?: boolean;
  name: string;
  locale?: string;
  /** What the user has from long ago. */
  authenticators?: Owned[];
}

/** An active authenticator. What is left out is made up; apps and push accounts are on the user's simulated phone. */
export interface Owned {
  type: "otp" | "recovery-code" | "phone" | "email" | "push";
  secret?: string;
  number?: string;
  address?: string;
}

export interface Tenant {
  domain: string;
  issuer: string;
  applications: Application[];
  factors: Record<string, boolean>;
  message_types: string[];
  policy: string[];
  variants: Record<string, string>;
}

export interface Application {
  name: string;
  client_id: string;
  client_secret: string;
  callbacks: string[];
  logout_urls: string[];
  grant_types: string[];
}

export interface SimulatedPhone {
  id: string;
  user: string;
  name: string;
  /** Shows no notification, and cannot scan. */
  offline: boolean;
  /** Of the authenticator app, newest first. */
  accounts: Account[];
  /** Of the notification app, newest first. */
  guardian: (Account & { id: string })[];
  pushes: { id: string; from: string; at: string }[];
}

export interface Account {
  label: string;
  secret: string;
  code: string;
}

export interface Message {
  channel: "sms" | "voice" | "email";
  to: string;
  code: string;
  text: string;
  sent_at: string;
}

export interface AskedRequest {
  at: string;
  method: string;
  path: string;
  status: number;
}

/** A disturbance of matching requests. Of several that match, the one added first counts. */
export interface Fault {
  /** "METHOD /path", with a * at the end for everything that begins so. */
  match: string;
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
  delay?: string;
  /** Cuts the connection instead of answering. */
  drop?: boolean;
  /** The tenant does its work first; only its answer is lost. */
  after?: boolean;
  /** How often; until cleared if it is left out. */
  times?: number;
}

type TenantChange = Partial<Pick<Tenant, "factors" | "message_types" | "policy" | "variants">> & { rotate_keys?: true };

export class Control {
  constructor(private readonly tenant: string) {}

  describeTenant = () => this.call<Tenant>("GET", "tenant");
  changeTenant = (change: TenantChange) => this.call("PATCH", "tenant", change);
  users = () => this.call<User[]>("GET", "users");
  createUser = (user: NewUser) => this.call<User>("POST", "users", user);
  messages = (to: string) => this.call<Message[]>("GET", `messages?to=${encodeURIComponent(to)}`);
  now = async () => new Date((await this.call<{ now: string }>("GET", "clock")).now);
  /** Moves tenant and portal on by a Go duration such as "10m". */
  advance = (duration: string) => this.call("POST", "clock", { advance: duration });
  /** Moves to the start of the next 30-second step, so that codes computed now stay what they are for a while. */
  startOfStep = async () => {
    const now = await this.now();
    await this.advance(`${30_000 - (now.getTime() % 30_000)}ms`);
  };
  addFault = (fault: Fault) => this.call("POST", "faults", fault);
  clearFaults = () => this.call("DELETE", "faults");
  phones = () => this.call<SimulatedPhone[]>("GET", "phones");
  /** Lets a phone read the text of a QR code, of either app. */
  scan = (phone: string, uri: string) => this.call("POST", `phones/${encodeURIComponent(phone)}/scan`, { uri });
  /** Approves, or denies, the newest notification on a phone. */
  approve = (phone: string) => this.call("POST", `phones/${encodeURIComponent(phone)}/approve`);
  deny = (phone: string, reason = "") => this.call("POST", `phones/${encodeURIComponent(phone)}/deny`, { reason });
  /** Removes the newest account of the notification app, as its owner would on the phone. */
  unenrol = (phone: string) => this.call("POST", `phones/${encodeURIComponent(phone)}/unenroll`);
  setOffline = (phone: string, offline: boolean) => this.call("PATCH", `phones/${encodeURIComponent(phone)}`, { offline });
  requests = (since: Date) => this.call<AskedRequest[]>("GET", `requests?since=${encodeURIComponent(since.toISOString())}`);

  /** How often the tenant has been asked for something since then. */
  async countRequests(since: Date, method: string, path: string): Promise<number> {
    return (await this.requests(since)).filter((asked) => asked.method === method && asked.path.startsWith(path)).length;
  }

  private async call<Answer = void>(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await fetch(`${this.tenant}control/${path}`, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} /control/${path}: ${answer.status} ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as Answer;
  }
}
