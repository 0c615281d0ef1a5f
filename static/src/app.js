// The script of the portal: it makes pages smoother, and every page works
// without it. It writes text and attributes only, never HTML. It finds its
// elements by data attributes, and by an id only in the place where that stands: the
// first element of an id might be of others' making.
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
    const region = document.querySelector("body > #announcer");
    region.textContent = "";
    setTimeout(() => (region.textContent = text), 100);
  }

  // Times of day come in UTC and are shown in the visitor's zone, on one line. French
  // leaves out the minutes of a full hour.
  function localTimes(root) {
    const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "numeric", minute: "2-digit" });
    for (const time of root.querySelectorAll("time[data-local]")) {
      const date = new Date(time.dateTime);
      if (Number.isNaN(date.getTime())) continue;
      time.textContent = clock.format(date).replace(/(\sh)\s00$/, "$1").replace(/\s/g, "\u00a0");
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
    const code = document.querySelector(`main code#${button.dataset.copy}`);
    const words = button.querySelector("span");
    button.dataset.words ??= words.textContent;
    try {
      await navigator.clipboard.writeText(code.textContent.replace(/\s/g, ""));
    } catch {
      // Where the clipboard is refused, the code is marked for copying by hand.
      return getSelection().selectAllChildren(code);
    }
    words.textContent = button.dataset.copied;
    say(button.dataset.copied);
    setTimeout(() => (words.textContent = button.dataset.words), 3000);
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

  // A swap that leaves the line where it is does not start the count anew.
  function watchProof() {
    const element = document.querySelector("[data-proof]");
    if (proof?.element === element) return;
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

  // The wait before a code can be sent again. The seconds are for the eye; that
  // the wait is over is said once.
  let wait;

  function watchWait() {
    const element = document.querySelector("[data-wait]");
    wait = element && { element, ends: Date.now() + 1000 * Number(element.dataset.wait) };
    countWait();
  }

  function countWait() {
    if (!wait) return;
    const left = Math.ceil((wait.ends - Date.now()) / 1000);
    const part = (name) => wait.element.querySelector(`[data-wait-${name}]`);
    const over = left <= 0;
    part("seconds").textContent = left;
    part("until").hidden = part("left").hidden = over;
    part("over").hidden = !over;
    for (const button of document.querySelectorAll("[data-resend]")) button.ariaDisabled = over ? null : "true";
    if (!over) return;
    say(part("over").textContent);
    wait = null;
  }

  // A button that waits can be reached and heard, and does nothing yet.
  document.addEventListener(
    "submit",
    (event) => {
      if (event.submitter?.ariaDisabled !== "true") return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );

  // Where the browser can read the code out of the text message (WebOTP), it is
  // filled in and said, and the visitor confirms it. Sending the form ends the wait.
  let awaited;

  function awaitCode() {
    const field = document.querySelector("[data-otp]");
    if (awaited?.field === field) return;
    awaited?.abort.abort();
    awaited = null;
    if (!field || !window.OTPCredential) return;
    const abort = new AbortController();
    awaited = { field, abort };
    field.form.addEventListener("submit", () => abort.abort());
    fillIn(field, navigator.credentials.get({ otp: { transport: ["sms"] }, signal: abort.signal }));
  }

  async function fillIn(field, answer) {
    try {
      const { code } = await answer;
      if (field.value) return;
      field.value = code;
      say(field.dataset.otp);
    } catch {
      // Refused, ended or without a message: the visitor types.
    }
  }

  // What a page finds out by asking again and again is said when it changes, and
  // never moves the focus.
  let heard;

  function tellNews() {
    const news = document.querySelector("[data-news]")?.textContent.trim();
    if (news && heard && news !== heard) say(news);
    heard = news;
  }

  const asksAgain = (event) => event.detail.ctx?.sourceElement?.hasAttribute("hx-trigger");

  // A changing request without a usable answer is never repeated: the visitor is
  // asked to look at the page anew.
  function failed() {
    const message = document.querySelector("main > #failure");
    message.hidden = false;
    message.focus();
  }

  // A page that asks by itself goes on asking.
  document.addEventListener("htmx:error", (event) => {
    if (!asksAgain(event)) failed();
  });
  document.addEventListener("htmx:response:error", (event) => {
    const { ctx } = event.detail;
    if (asksAgain(event)) return;
    if (ctx.response.status >= 500 && !ctx.response.headers.has("HX-Redirect")) failed();
  });

  function ready(root) {
    localTimes(root);
    buttons(root);
    watchProof();
    watchWait();
    awaitCode();
    tellNews();
  }

  // The focus is handed on where what had it is shown no more, and stays otherwise. The
  // browser takes it from there sooner or later.
  let held;

  function keepFocus() {
    const now = document.activeElement;
    const lost = now === document.body || now.getClientRects().length === 0;
    if (lost && held !== document.body) document.querySelector("[data-focus]")?.focus();
  }

  document.addEventListener("htmx:before:swap", () => (held = document.activeElement));
  document.addEventListener("htmx:after:swap", () => {
    keepFocus();
    ready(document);
  });
  setInterval(() => {
    tick();
    countWait();
  }, 1000);
  ready(document);
})();
