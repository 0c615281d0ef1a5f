// What Auth0's own SDKs do against the emulator, unchanged. sdk.test.mjs runs this file, in a process that trusts the
// emulator's certificate.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, it } from "node:test";
import { AuthClient, isMfaRequiredError } from "@auth0/auth0-auth-js";
import { AuthenticationClient } from "auth0/legacy";
import { seed } from "./tenant.mjs";

const tenant = new URL(process.env.TENANT);
const [portal, management] = seed.applications;
const [ada, bruno, chloe] = seed.users;

const mfaAudience = `${tenant}mfa/`;
const scope = "openid enroll read:authenticators remove:authenticators";
const login = ({ email, password }) => ({ username: email, password, audience: mfaAudience, scope });
const offline = (user) => ({ ...login(user), scope: `${scope} offline_access` });
const credentials = ({ client_id, client_secret }) => ({ domain: tenant.host, clientId: client_id, clientSecret: client_secret });

describe("auth0, AuthenticationClient", () => {
  const client = (application) => new AuthenticationClient(credentials(application));

  it("gets tokens by password for a user without a factor", async () => {
    const { status, data } = await client(portal).oauth.passwordGrant(login(ada));
    assert.equal(status, 200);
    assert.equal(data.expires_in, 600);
    assert.equal(data.token_type, "Bearer");
    assert.ok(data.id_token, "scope openid brings an ID token");
  });

  it("meets mfa_required for a user with a factor", async () => {
    await assert.rejects(client(portal).oauth.passwordGrant(login(bruno)), (error) => {
      assert.equal(error.statusCode, 403);
      assert.equal(error.error, "mfa_required");
      assert.equal(error.error_description, "Multifactor authentication required");
      assert.match(JSON.parse(error.body).mfa_token, /^Fe26\.2\*/);
      return true;
    });
  });

  it("meets invalid_grant for a wrong password", async () => {
    const wrong = client(portal).oauth.passwordGrant({ ...login(ada), password: "x" });
    await assert.rejects(wrong, { statusCode: 403, error: "invalid_grant", error_description: "Wrong email or password." });
  });

  it("meets access_denied for a wrong client secret", async () => {
    const wrong = new AuthenticationClient({ ...credentials(portal), clientSecret: "x" });
    await assert.rejects(wrong.oauth.passwordGrant(login(ada)), { statusCode: 401, error: "access_denied" });
  });

  it("gets a Management API token by client credentials", async () => {
    const { data } = await client(management).oauth.clientCredentialsGrant({ audience: `${tenant}api/v2/` });
    assert.equal(data.expires_in, 86400);
    assert.match(data.scope, /read:users/);
  });

  it("refreshes, and is refused once the refresh token was used twice", async () => {
    const { oauth } = client(portal);
    const { data: first } = await oauth.passwordGrant(offline(ada));
    const { data: second } = await oauth.refreshTokenGrant({ refresh_token: first.refresh_token });
    assert.equal(second.expires_in, 600);
    assert.equal(second.scope, first.scope);
    assert.notEqual(second.refresh_token, first.refresh_token);
    const refused = { statusCode: 403, error: "invalid_grant", error_description: "Unknown or invalid refresh token." };
    await assert.rejects(oauth.refreshTokenGrant({ refresh_token: first.refresh_token }), refused);
    await assert.rejects(oauth.refreshTokenGrant({ refresh_token: second.refresh_token }), refused);
  });

  it("revokes a refresh token", async () => {
    const { oauth } = client(portal);
    const { data } = await oauth.passwordGrant(offline(ada));
    const { status } = await oauth.revokeRefreshToken({ token: data.refresh_token });
    assert.equal(status, 200);
    await assert.rejects(oauth.refreshTokenGrant({ refresh_token: data.refresh_token }), { error: "invalid_grant" });
  });

  it("revokes a token that is unknown", async () => {
    const { status } = await client(portal).oauth.revokeRefreshToken({ token: "unknown" });
    assert.equal(status, 200);
  });
});

describe("@auth0/auth0-auth-js", () => {
  const client = () => new AuthClient(credentials(portal));

  /** The mfa_token of a user who has a factor. */
  const mfaToken = async () => {
    const error = await client().getTokenByPassword(login(bruno)).then(assert.fail, (reason) => reason);
    assert.ok(isMfaRequiredError(error), `${error}`);
    return error.cause.mfa_token;
  };

  it("lists, challenges and verifies with an authenticator app", async () => {
    const token = await mfaToken();
    const list = await client().mfa.listAuthenticators({ mfaToken: token });
    const own = [["otp", true], ["recovery-code", true], ["oob", true]]; // the last is the verified address
    assert.deepEqual(list.map(({ authenticatorType, active }) => [authenticatorType, active]), own);
    const challenge = { mfaToken: token, challengeType: "otp", authenticatorId: list[0].id };
    assert.deepEqual(await client().mfa.challengeAuthenticator(challenge), { challengeType: "otp" });
    const tokens = await client().mfa.verify({ mfaToken: token, factorType: "otp", otp: totp(bruno.authenticators[0].secret) });
    assert.match(tokens.claims.sub, /^auth0\|/);
  });

  it("refreshes, checks the ID token, and asks for less", async () => {
    const signedIn = await client().getTokenByPassword(offline(ada));
    const refreshed = await client().getTokenByRefreshToken({ refreshToken: signedIn.refreshToken });
    assert.equal(refreshed.claims.sub, signedIn.claims.sub);
    assert.equal(refreshed.claims.amr, undefined);
    assert.notEqual(refreshed.refreshToken, signedIn.refreshToken);
    await client().mfa.listAuthenticators({ mfaToken: refreshed.accessToken });
    const narrow = await client().getTokenByRefreshToken({ refreshToken: refreshed.refreshToken, scope: "openid" });
    assert.equal(narrow.scope, "openid");
  });

  it("revokes a refresh token, and no access token", async () => {
    const { accessToken, refreshToken } = await client().getTokenByPassword(offline(ada));
    await assert.rejects(client().revokeToken({ token: accessToken }), ({ cause }) => cause.error === "unsupported_token_type");
    await client().revokeToken({ token: refreshToken, tokenTypeHint: "refresh_token" });
    await rejectsWith(client().getTokenByRefreshToken({ refreshToken }), "invalid_grant");
  });

  it("meets mfa_required at a refresh, and goes on with its mfa_token", async () => {
    const { refreshToken } = await client().getTokenByPassword({ ...offline(bruno), audience: undefined });
    await control("PATCH", "tenant", { variants: { refresh_mfa: "action" } });
    const error = await client().getTokenByRefreshToken({ refreshToken }).then(assert.fail, (reason) => reason);
    await control("PATCH", "tenant", { variants: { refresh_mfa: "off" } });
    assert.ok(isMfaRequiredError(error), `${error}`);
    const list = await client().mfa.listAuthenticators({ mfaToken: error.cause.mfa_token });
    assert.equal(list[0].authenticatorType, "otp");
  });

  it("verifies with the recovery code and gets the next one", async () => {
    const code = bruno.authenticators[1].secret;
    const tokens = await client().mfa.verify({ mfaToken: await mfaToken(), factorType: "recovery-code", recoveryCode: code });
    assert.match(tokens.recoveryCode, /^[A-Z0-9]{24}$/);
    assert.notEqual(tokens.recoveryCode, code);
  });

  it("meets invalid_grant for a wrong code", async () => {
    const verify = client().mfa.verify({ mfaToken: await mfaToken(), factorType: "otp", otp: "00000x" });
    await assert.rejects(verify, (error) => {
      assert.equal(error.cause.error, "invalid_grant");
      assert.equal(error.cause.error_description, "Invalid otp_code.");
      return true;
    });
  });

  it("cannot enrol by mfa_token when a factor is active", async () => {
    const enrol = client().mfa.enrollAuthenticator({ authenticatorTypes: ["otp"], mfaToken: await mfaToken() });
    await assert.rejects(enrol, (error) => {
      assert.deepEqual([error.cause.error, error.cause.error_description], ["access_denied", "User is already enrolled."]);
      return true;
    });
  });

  it("enrols, confirms and deletes with an access token for the MFA API", async () => {
    const { accessToken } = await client().getTokenByPassword(login(ada));
    const enrolment = await client().mfa.enrollAuthenticator({ authenticatorTypes: ["otp"], mfaToken: accessToken });
    assert.match(enrolment.secret, /^[A-Z2-7]{32}$/);
    assert.match(enrolment.barcodeUri, /^otpauth:\/\/totp\//);
    assert.equal(enrolment.recoveryCodes.length, 1);
    await client().mfa.verify({ mfaToken: accessToken, factorType: "otp", otp: totp(enrolment.secret) });
    const list = await client().mfa.listAuthenticators({ mfaToken: accessToken });
    assert.deepEqual(list.map(({ active }) => active), [true, true, true]);
    const [app, code, implicit] = list.map(({ id }) => ({ authenticatorId: id, mfaToken: accessToken }));
    await client().mfa.deleteAuthenticator(app);
    await client().mfa.deleteAuthenticator(code);
    // A verified address is an authenticator by itself, and stays one.
    await assert.rejects(client().mfa.deleteAuthenticator(implicit));
    const left = await client().mfa.listAuthenticators({ mfaToken: accessToken });
    assert.deepEqual(left.map(({ id }) => id), [implicit.authenticatorId]);
  });
});

describe("@auth0/auth0-auth-js, out of band", () => {
  const client = new AuthClient(credentials(portal));
  const { mfa } = client;

  /** The opaque mfa_token of a user who has a factor. */
  const mfaToken = async () => {
    const error = await client.getTokenByPassword(login(chloe)).then(assert.fail, (reason) => reason);
    assert.ok(isMfaRequiredError(error), `${error}`);
    return error.cause.mfa_token;
  };
  const kinds = async (token) => (await mfa.listAuthenticators({ mfaToken: token })).map(({ id }) => id.split("|")[0]);
  const find = async (token, kind) => (await mfa.listAuthenticators({ mfaToken: token })).find(({ id }) => id.startsWith(`${kind}|`));
  const remove = async (token, kind) => mfa.deleteAuthenticator({ authenticatorId: (await find(token, kind)).id, mfaToken: token });
  const latestCode = async (to) => (await control("GET", `messages?${new URLSearchParams({ to })}`))[0].code;

  for (const [channel, other] of [["sms", "voice"], ["voice", "sms"]]) {
    it(`enrols a phone by ${channel}, challenges it and deletes it`, async () => {
      const number = `+155501001${channel.length}`;
      const { accessToken } = await client.getTokenByPassword(login(chloe));
      const enrolment = await mfa.enrollAuthenticator({
        authenticatorTypes: ["oob"], oobChannels: [channel], phoneNumber: number, mfaToken: accessToken,
      });
      assert.equal(enrolment.oobChannel, channel);
      assert.equal(enrolment.bindingMethod, "prompt");
      await mfa.verify({ mfaToken: accessToken, factorType: "oob", oobCode: enrolment.oobCode, bindingCode: await latestCode(number) });
      const enrolled = await kinds(accessToken);
      assert.ok(enrolled.includes(channel) && enrolled.includes(other), `${enrolled}`);

      const token = await mfaToken();
      const { id, name } = await find(token, other);
      assert.match(name, /^X+\d{4}$/);
      const challenge = await mfa.challengeAuthenticator({ mfaToken: token, challengeType: "oob", authenticatorId: id });
      assert.equal(challenge.bindingMethod, "prompt");
      const answer = { mfaToken: token, factorType: "oob", oobCode: challenge.oobCode };
      await rejectsWith(mfa.verify({ ...answer, bindingCode: "x" }), "invalid_grant");
      const tokens = await mfa.verify({ ...answer, bindingCode: await latestCode(number) });
      assert.match(tokens.claims.sub, /^auth0\|/);
      await remove(tokens.accessToken, channel);
      const left = await kinds(tokens.accessToken);
      assert.ok(!left.includes(channel) && !left.includes(other), `${left}`);
    });
  }

  it("enrols an e-mail address and deletes it", async () => {
    const address = "spare@example.org";
    const { accessToken } = await client.getTokenByPassword(login(chloe));
    const enrolment = await mfa.enrollAuthenticator({
      authenticatorTypes: ["oob"], oobChannels: ["email"], email: address, mfaToken: accessToken,
    });
    assert.equal(enrolment.oobChannel, "email");
    await mfa.verify({ mfaToken: accessToken, factorType: "oob", oobCode: enrolment.oobCode, bindingCode: await latestCode(address) });
    assert.equal((await find(accessToken, "email")).name, "spar*@exam*******");
    await remove(accessToken, "email");
    assert.equal(await find(accessToken, "email"), undefined);
  });

  it("enrols Guardian by its QR code, challenges it, and deletes it with its codes", async () => {
    const phone = (await control("GET", "phones")).find(({ user }) => user === chloe.email);
    const { accessToken } = await client.getTokenByPassword(login(chloe));
    const enrolment = await mfa.enrollAuthenticator({ authenticatorTypes: ["oob"], oobChannels: ["auth0"], mfaToken: accessToken });
    assert.match(enrolment.barcodeUri, /^otpauth:\/\/totp\/.*enrollment_tx_id=/);
    const confirm = { mfaToken: accessToken, factorType: "oob", oobCode: enrolment.oobCode };
    await rejectsWith(mfa.verify(confirm), "authorization_pending");
    await rejectsWith(mfa.verify(confirm), "slow_down");
    await control("POST", `phones/${phone.id}/scan`, { uri: enrolment.barcodeUri });
    await aSecondLater();
    await mfa.verify(confirm);
    assert.equal((await find(accessToken, "push")).name, phone.name);

    const token = await mfaToken();
    const challenge = { mfaToken: token, challengeType: "oob", authenticatorId: (await find(token, "push")).id };
    const denied = await mfa.challengeAuthenticator(challenge);
    assert.equal(denied.bindingMethod, undefined);
    await control("POST", `phones/${phone.id}/deny`, { reason: "not me" });
    await rejectsWith(mfa.verify({ mfaToken: token, factorType: "oob", oobCode: denied.oobCode }), "access_denied");
    const approved = await mfa.challengeAuthenticator(challenge);
    await control("POST", `phones/${phone.id}/approve`);
    const tokens = await mfa.verify({ mfaToken: token, factorType: "oob", oobCode: approved.oobCode });

    await remove(tokens.accessToken, "push");
    const left = await kinds(tokens.accessToken);
    assert.ok(!left.includes("push") && !left.includes("totp"), `${left}`);
  });
});

async function rejectsWith(promise, code) {
  const error = await promise.then(() => assert.fail(`no ${code}`), (reason) => reason);
  assert.equal(error.cause?.error, code, `${error}`);
}

/** Moves the tenant's clock past the shortest time between two polls. */
const aSecondLater = () => control("POST", "clock", { advance: "1s" });

/** Calls the emulator's control API. */
async function control(method, path, body) {
  const response = await fetch(new URL(`control/${path}`, tenant), {
    method,
    body: body && JSON.stringify(body),
    headers: body ? { "content-type": "application/json" } : {},
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} /control/${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

/** The code of an authenticator app now (RFC 6238: SHA-1, six digits, thirty seconds). */
function totp(secret) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((c) => alphabet.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac("sha1", key).update(step).digest();
  const offset = hash[19] & 15;
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
