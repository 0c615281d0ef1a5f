// Gives a person a confirmed authenticator app without the portal, by the tenant's own API, for tests that begin later in
// a person's life.
import type { Control } from "./control";
import type { Person } from "./person";

export interface Enrolled {
  /** The app's secret, base32. */
  key: string;
  recoveryCode: string;
}

/** Adds an app to a person who has none; its account is on the person's phone. */
export async function enrol(control: Control, tenant: string, person: Person): Promise<Enrolled> {
  const { client, access_token } = await tokenFor(control, tenant, person);
  const app = await associateApp(tenant, access_token);
  await person.phone.scan(app.barcode_uri);
  await post(`${tenant}oauth/token`, {
    ...client,
    grant_type: "http://auth0.com/oauth/grant-type/mfa-otp",
    mfa_token: access_token,
    otp: await person.phone.code(),
  });
  return { key: app.secret, recoveryCode: app.recovery_codes[0] };
}

/** Begins to add an app so many times and finishes none, as a program would that does not clean up. */
export async function leaveBehind(control: Control, tenant: string, person: Person, attempts: number): Promise<void> {
  const { access_token } = await tokenFor(control, tenant, person);
  for (let i = 0; i < attempts; i++) await associateApp(tenant, access_token);
}

async function tokenFor(control: Control, tenant: string, person: Person) {
  const application = (await control.describeTenant()).applications.find(({ callbacks }) => callbacks.length > 0);
  if (!application) throw new Error("the tenant knows no portal");
  const client = { client_id: application.client_id, client_secret: application.client_secret };

  const { access_token } = await post<{ access_token: string }>(`${tenant}oauth/token`, {
    ...client,
    grant_type: "password",
    username: person.email,
    password: person.password,
    audience: `${tenant}mfa/`,
    scope: "enroll",
  });
  return { client, access_token };
}

function associateApp(tenant: string, bearer: string) {
  return post<{ secret: string; barcode_uri: string; recovery_codes: [string] }>(
    `${tenant}mfa/associate`,
    { authenticator_types: ["otp"] },
    bearer,
  );
}

async function post<Answer>(url: string, body: unknown, bearer?: string): Promise<Answer> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(bearer ? { Authorization: `Bearer ${bearer}` } : {}) },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`POST ${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Answer;
}
