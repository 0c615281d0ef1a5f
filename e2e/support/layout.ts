// What is wrong with the layout of a page as it is drawn now. Both functions run inside the page and know nothing of this
// module.

/** Text that is cut off, covered by other text, or beside the page. */
export function faultsOfLayout(): string[] {
  const faults: string[] = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push(`${root.scrollWidth - root.clientWidth} px beside the page`);

  const seen = (element: Element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !element.closest(".visually-hidden, .skip");

  for (const element of document.body.querySelectorAll<HTMLElement>("*")) {
    if (!seen(element) || element instanceof HTMLInputElement) continue;
    const cuts = getComputedStyle(element).overflowX !== "visible";
    const scrolls = element.tabIndex >= 0; // a region that can be scrolled by the keyboard
    if (cuts && !scrolls && element.scrollWidth > element.clientWidth + 1) faults.push(`cut off: ${element.outerHTML.slice(0, 150)}`);
  }

  // Lines of text, each a little lower than its line box: those of one paragraph may touch.
  const lines: { text: string; owner: Node; left: number; right: number; top: number; bottom: number }[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.textContent?.trim();
    if (!text || !node.parentElement || !seen(node.parentElement)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const { left, right, top, bottom, height } of range.getClientRects()) {
      lines.push({ text, owner: node, left: left + 1, right: right - 1, top: top + height / 5, bottom: bottom - height / 5 });
    }
  }
  for (const [index, one] of lines.entries()) {
    for (const other of lines.slice(index + 1)) {
      if (one.owner === other.owner) continue;
      const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      if (across > 0 && down > 0) faults.push(`one over the other: "${one.text.slice(0, 60)}" and "${other.text.slice(0, 60)}"`);
    }
  }
  return faults;
}

/** What has no edge where the system's colours replace all backgrounds, and a QR code that they would spoil. */
export function faultsUnderForcedColors(): string[] {
  const faults: string[] = [];
  for (const element of document.querySelectorAll("button, .button, input:not([type=hidden], [type=checkbox], [type=radio])")) {
    if (!element.checkVisibility()) continue;
    const { borderTopStyle, borderTopWidth } = getComputedStyle(element);
    if (borderTopStyle === "none" || Number.parseFloat(borderTopWidth) < 1) faults.push(`no edge: ${element.outerHTML.slice(0, 150)}`);
  }
  for (const code of document.querySelectorAll(".qr")) {
    const colours = ["rect", "path"].map((part) => getComputedStyle(code.querySelector(part)!).fill);
    if (colours.join() !== "rgb(255, 255, 255),rgb(0, 0, 0)") faults.push(`QR code in ${colours.join(" and ")}`);
  }
  return faults;
}
