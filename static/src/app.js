// The script of the portal: it makes pages smoother, and every page works
// without it. It writes text and attributes only, never HTML, and finds its
// elements by data attributes.
(() => {
  "use strict";

  // htmx writes HTML through this policy, and nothing else may (Trusted Types).
  // What it evaluates is refused: no page of ours needs it.
  const refuse = () => {
    throw new TypeError("evaluation is off");
  };
  const rules = { createHTML: (html) => html, createScript: refuse, createScriptURL: refuse };
  const policy = window.trustedTypes?.createPolicy?.("htmx", rules) ?? rules;
  htmx.registerExtension("mysecurity", { init: (api) => api.initSecurity(policy, refuse, refuse) });

  // say hands a text to screen readers. The region is emptied first, so that the
  // same text is heard twice.
  function say(text) {
    const region = document.getElementById("announcer");
    region.textContent = "";
    setTimeout(() => (region.textContent = text), 100);
  }

  // Times of day come in UTC and are shown in the visitor's zone.
  function localTimes(root) {
    const clock = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "short" });
    for (const time of root.querySelectorAll("time[data-local]")) {
      const date = new Date(time.dateTime);
      if (!Number.isNaN(date.getTime())) time.textContent = clock.format(date);
    }
  }

  // Buttons that need the script come hidden and appear where it can serve them.
  function buttons(root) {
    const can = { copy: navigator.clipboard?.writeText, print: window.print };
    for (const [what, works] of Object.entries(can)) {
      for (const button of root.querySelectorAll(`[data-${what}]`)) button.hidden = !works;
    }
  }

  async function copy(button) {
    const code = document.getElementById(button.dataset.copy).textContent.replace(/\s/g, "");
    const words = button.querySelector("span");
    button.dataset.words ??= words.textContent;
    try {
      await navigator.clipboard.writeText(code);
    } catch {
      return select(button.dataset.copy);
    }
    words.textContent = button.dataset.copied;
    say(button.dataset.copied);
    setTimeout(() => (words.textContent = button.dataset.words), 3000);
  }

  // Where the clipboard is refused, the code is marked for copying by hand.
  function select(id) {
    getSelection().selectAllChildren(document.getElementById(id));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-print]");
    if (button?.matches("[data-copy]")) copy(button);
    else if (button) print();
  });

  // The proof's end. The seconds left count from the page's arrival, because the
  // visitor's clock may be wrong. The warning is shown two minutes before, with the way to go on.
  const warnAt = 120;
  let proof;

  function watchProof() {
    const element = document.querySelector("[data-proof]");
    proof = element && { element, ends: Date.now() + 1000 * Number(element.dataset.proof) };
    tick();
  }

  function tick() {
    if (!proof) return;
    const left = Math.round((proof.ends - Date.now()) / 1000);
    const part = (name) => proof.element.querySelector(`[data-proof-${name}]`);
    // A page that came without a count has nothing to count.
    if (!part("left")) return;
    part("minutes").textContent = Math.max(1, Math.ceil(left / 60));
    const over = left <= 0;
    part("left").hidden = over;
    part("over").hidden = !over;
    part("warning").hidden = over || left > warnAt;
    tell(over ? "over" : left <= warnAt ? "words" : "", part);
  }

  // Each stage is spoken once.
  function tell(stage, part) {
    if (!stage || proof.told === stage) return;
    proof.told = stage;
    say(part(stage).textContent);
  }

  // A changing request without a usable answer is never repeated: the visitor is
  // asked to look at the page anew.
  function failed() {
    const message = document.getElementById("failure");
    message.hidden = false;
    message.focus();
  }

  document.addEventListener("htmx:error", failed);
  document.addEventListener("htmx:response:error", (event) => {
    const { ctx } = event.detail;
    if (ctx.response.status >= 500 && !ctx.response.headers.has("HX-Redirect")) failed();
  });

  function ready(root) {
    localTimes(root);
    buttons(root);
    watchProof();
  }

  document.addEventListener("htmx:after:swap", () => ready(document));
  setInterval(tick, 1000);
  ready(document);
})();
