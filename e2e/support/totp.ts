// What an authenticator app with a wrong clock, or a thief with an old code, would show: RFC 6238 with the parameters of
// the tenant's keys (SHA-1, six digits, steps of 30 seconds).
import { createHmac } from "node:crypto";

const step = 30_000; // milliseconds
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"; // base32, RFC 4648

/** The code that an app with this key shows at a moment. */
export function codeAt(key: string, at: Date): string {
  return code(bytesOf(key), Math.floor(at.getTime() / step));
}

/** A code that is wrong now and fits no clock that is off by less than a day either. */
export function wrongCode(key: string, now: Date): string {
  const secret = bytesOf(key);
  const present = Math.floor(now.getTime() / step);
  const right = new Set<string>();
  for (let off = -3000; off <= 3000; off++) right.add(code(secret, present + off));
  let candidate = 0;
  while (right.has(digits(candidate))) candidate++;
  return digits(candidate);
}

function bytesOf(base32: string): Buffer {
  const bits = [...base32].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** HOTP, RFC 4226 section 5.3. */
function code(secret: Buffer, counter: number): string {
  const moving = Buffer.alloc(8);
  moving.writeBigUInt64BE(BigInt(counter));
  const mac = createHmac("sha1", secret).update(moving).digest();
  const offset = mac.readUInt8(mac.length - 1) & 0xf;
  return digits((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000);
}

function digits(value: number): string {
  return value.toString().padStart(6, "0");
}
