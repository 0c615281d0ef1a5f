// What a camera reads in a QR code on the page: the code as it is drawn, decoded, not the text that it was made of.
import type { Locator } from "@playwright/test";
import decodeQR from "qr/decode.js";

const scale = 4; // pixels for each module

/** The text of a QR code that the page draws as one path on a square of modules. */
export async function readQR(code: Locator): Promise<string> {
  const viewBox = (await code.getAttribute("viewBox")) ?? "";
  const path = (await code.locator("path").getAttribute("d")) ?? "";
  const modules = Number(viewBox.split(" ")[2]);
  if (!modules) throw new Error(`a QR code with the drawing area "${viewBox}"`);
  const side = modules * scale;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [, x, y, length] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    darken(data, side, Number(x) * scale, Number(y) * scale, Number(length) * scale);
  }
  return decodeQR({ width: side, height: side, data });
}

function darken(data: Uint8ClampedArray, side: number, left: number, top: number, width: number): void {
  for (let y = top; y < top + scale; y++) {
    for (let x = left; x < left + width; x++) data.fill(0, 4 * (y * side + x), 4 * (y * side + x) + 3);
  }
}
