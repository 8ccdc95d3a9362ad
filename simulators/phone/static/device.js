/* One phone: its state, its keys, and the drawing of its screen. What it can show: `views.js`. */

import { Calls } from "./calls.js";
import { Line } from "./line.js";
import * as network from "./network.js";
import { clock, views } from "./views.js";

const LETTERS = {
  1: ".,?!1", 2: "abc2", 3: "def3", 4: "ghi4", 5: "jkl5", 6: "mno6", 7: "pqrs7", 8: "tuv8",
  9: "wxyz9", 0: " 0", "*": "+*", "#": "#",
};
const MULTITAP_MS = 900;
const NO_SERVICE = "No service";
const TIMED_OUT = "Session timed out. Dial again.";
const DROPPED = "Call dropped";
const SCROLL_PIXELS = 44;
const MPESA = "*334#"; // Safaricom's own menu, which the phone has by itself

/* Lines break between words, as on a phone: a browser would also break after a hyphen. */
const words = (text) =>
  text.split(/(\S*-\S*)/).map((part, index) => {
    if (index % 2 === 0) return part;
    const word = document.createElement("span");
    word.className = "word";
    word.textContent = part;
    return word;
  });

export class Device {
  constructor(element, { number, serviceCode, paybill, changed }) {
    this.element = element;
    this.number = number;
    this.serviceCode = serviceCode;
    this.paybill = paybill;
    this.mpesa = { prompt: null, shillings: 0 };
    this.messages = [];
    this.session = "";
    this.typed = "";
    this.letters = false;
    this.part = (name) => element.querySelector(`.${name}`);
    this.calls = new Calls(number);
    this.line = new Line(this.part("line"), {
      phone: () => this.number,
      changed: () => this.#draw(),
      drop: () => this.#drop(),
    });
    this.#wire(changed);
    this.show("idle");
  }

  /* Show a view; what was typed stays only when the view stays. */
  show(name, context = {}) {
    this.name = name;
    this.context = context;
    this.typed = context.typed ?? "";
    this.part("view").scrollTop = 0;
    this.#draw();
    this.focus();
  }

  type(text) {
    this.typed = text;
    this.#draw();
  }

  /* Be the phone of another number. */
  become(number) {
    this.hangUp();
    this.number = number;
    this.messages = [];
    this.calls = new Calls(number);
    this.show("idle");
  }

  unread() {
    return this.messages.filter((message) => !message.is_read).length;
  }

  /* Take what the network said to a question of that time; null when it cannot be reached. */
  receive(inbox, askedAt) {
    this.element.classList.toggle("offline", inbox === null);
    this.offline = inbox === null;
    if (inbox !== null) {
      this.line.own = { name: inbox.network, longest: inbox.screen_longest };
      const known = new Set(this.messages.map((message) => message.id));
      const arrived = inbox.messages.some((message) => !known.has(message.id) && !message.is_read);
      const before = JSON.stringify(this.messages);
      this.messages = inbox.messages;
      if (arrived) this.#buzz();
      if (before !== JSON.stringify(this.messages)) this.#draw();
      this.#notice(inbox.session, askedAt);
      this.#prompt(inbox.mpesa);
    }
    if (this.name === "idle") this.#draw();
    this.#drawBar();
    this.line.refresh();
  }

  async dial(code = this.typed) {
    if (!code) return;
    this.calls.begin(code);
    if (code === MPESA) {
      this.calls.end("M-PESA menu");
      this.show("mpesa");
      return;
    }
    const line = this.line.forDial();
    await this.#ask((phone) => network.dial(phone, code, line));
  }

  async reply() {
    const [session, typed] = [this.session, this.typed];
    if (!(await this.#typeSlowly())) return;
    const drops = this.line.takeDrop();
    await this.#ask((phone) => network.reply(phone, session, typed, drops));
  }

  hangUp() {
    this.#leave("hung up");
    this.show("idle");
  }

  /* Answer M-Pesa's question: with a PIN, or with none to cancel it. */
  answerPrompt(how) {
    const { id } = this.context.prompt;
    this.answered = id;
    this.show("idle");
    network.answerPrompt(this.number, id, how).catch(() => {});
  }

  async payBill(bill) {
    this.show("wait");
    try {
      const { text } = await network.payBill(this.number, bill);
      this.show("notice", { text });
    } catch (error) {
      this.show("notice", { text: error.message });
    }
  }

  open(message, index) {
    message.is_read = true;
    network.markRead(this.number, message.id).catch(() => {});
    this.show("message", { message, index });
    this.#drawBar();
  }

  async stopMessages(sender) {
    try {
      await network.stopMessages(this.number, sender);
      this.show("notice", { text: `${sender} can no longer send you messages.` });
    } catch (error) {
      this.show("notice", { text: error.message });
    }
  }

  press(key) {
    this.#flash(key);
    const view = this.#view();
    const does = {
      left: view.left?.[1],
      right: view.right?.[1],
      ok: view.ok ?? view.left?.[1],
      call: view.call ?? view.left?.[1],
      end: view.end,
      up: view.up ?? (() => this.part("view").scrollBy(0, -SCROLL_PIXELS)),
      down: view.down ?? (() => this.part("view").scrollBy(0, SCROLL_PIXELS)),
    };
    if (key in does) does[key]?.();
    else if (view.entry) this.#enter(key);
    else view.digit?.(key);
  }

  focus() {
    if (!this.element.contains(document.activeElement)) return;
    if (document.activeElement === this.part("number")) return;
    if (document.activeElement.closest(".line")) return;
    (this.#view().entry ? this.part("typed") : this.element).focus({ preventScroll: true });
  }

  /* The call is lost: the network notices, the product is told by an event at most. */
  #drop() {
    this.#leave("dropped");
    this.show("notice", { text: DROPPED });
  }

  #leave(how) {
    const session = this.session;
    if (session || this.call) this.calls.end(how);
    this.session = "";
    this.call = null;
    if (session) network.hangUp(this.number, session).catch(() => {});
  }

  /* Take as long as a slow thumb does; return whether the call is still this one afterwards. */
  async #typeSlowly() {
    const { typingSeconds } = this.line;
    if (!typingSeconds) return true;
    const call = Symbol("call");
    this.call = call;
    this.show("typing");
    await new Promise((done) => setTimeout(done, typingSeconds * 1000));
    return this.call === call;
  }

  /* Ask the network for the next screen; what comes after a hang-up is for nobody. */
  async #ask(request) {
    const call = Symbol("call");
    this.call = call;
    this.show("wait");
    let screen;
    try {
      screen = await request(this.number);
    } catch {
      screen = { text: NO_SERVICE, session: "", failed: true };
    }
    if (this.call !== call) {
      if (screen.session) network.hangUp(this.number, screen.session).catch(() => {});
      return;
    }
    this.call = null;
    this.session = screen.session;
    if (!screen.session) this.calls.end(screen.failed ? screen.text : "ended");
    this.shownAt = performance.now();
    const name = screen.failed ? "notice" : screen.session ? "screen" : "ended";
    this.show(name, { text: screen.text });
  }

  /* The network may end a session by itself; what it said before the screen came is old news. */
  #notice(open, askedAt) {
    if (!["screen", "typing"].includes(this.name) || open === this.session || askedAt < this.shownAt) return;
    this.calls.end(TIMED_OUT);
    this.session = "";
    this.call = null;
    this.show("notice", { text: TIMED_OUT });
  }

  /* M-Pesa asks for a PIN on top of whatever is shown, unless a USSD session is open. */
  #prompt(mpesa) {
    this.mpesa = mpesa;
    const { prompt } = mpesa;
    const isShown = this.name === "prompt";
    if (isShown && prompt?.id !== this.context.prompt.id) this.show("idle");
    else if (prompt && !isShown && !this.session && prompt.id !== this.answered) {
      this.show("prompt", { prompt });
      this.#buzz();
    }
  }

  #view() {
    return views[this.name](this, this.context);
  }

  /* A digit, or in letters mode the next letter of a key that is pressed again soon. */
  #enter(key) {
    if (!this.letters || this.name === "dial") {
      this.type(this.typed + key);
      return;
    }
    const letters = LETTERS[key];
    const again = this.tap?.key === key && performance.now() - this.tap.at < MULTITAP_MS;
    const turn = again ? (this.tap.turn + 1) % letters.length : 0;
    this.tap = { key, turn, at: performance.now() };
    this.type((again ? this.typed.slice(0, -1) : this.typed) + letters[turn]);
  }

  #wire(changed) {
    const typed = this.part("typed");
    this.element.addEventListener("keydown", (event) => this.#keyDown(event));
    typed.addEventListener("input", () => this.type(typed.value));
    this.part("mode").addEventListener("click", () => this.#changeMode());
    for (const button of this.element.querySelectorAll("[data-key]")) {
      button.addEventListener("click", () => this.press(button.dataset.key));
    }
    for (const side of ["left", "right"]) {
      this.part(`soft-${side}`).addEventListener("click", () => this.press(side));
    }
    this.part("case").addEventListener("pointerdown", (event) => {
      if (event.target === typed) return;
      event.preventDefault(); // the phone keeps the focus, whichever key is pressed
      const inside = this.#view().entry ? typed : this.element;
      inside.focus({ preventScroll: true });
    });
    const number = this.part("number");
    number.value = this.number;
    number.addEventListener("change", () => changed(this, number.value));
  }

  #changeMode() {
    this.letters = !this.letters;
    const mode = this.part("mode");
    mode.textContent = this.letters ? "abc" : "123";
    mode.setAttribute(
      "aria-label",
      this.letters ? "Typing letters; change to digits" : "Typing digits; change to letters",
    );
  }

  #keyDown(event) {
    const { target, key } = event;
    if (target === this.part("number") || target.closest(".line")) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const named = { Enter: "ok", Escape: "right", ArrowUp: "up", ArrowDown: "down" }[key];
    if (named) {
      if (key === "Enter" && target.tagName === "BUTTON") return; // the button's own key
      event.preventDefault();
      if (key === "Escape") this.#escape();
      else this.press(named);
    } else if (target !== this.part("typed") && /^[0-9*#]$/.test(key)) {
      event.preventDefault();
      this.press(key);
    } else if (target === this.part("typed")) {
      this.#flash(key);
    }
  }

  /* Esc leaves at once, where the soft key would first clear what was typed. */
  #escape() {
    this.#flash("end");
    (this.#view().end ?? (() => this.show("idle")))();
  }

  #flash(key) {
    const button = this.element.querySelector(`[data-key="${CSS.escape(key)}"]`);
    button?.classList.add("pressed");
    setTimeout(() => button?.classList.remove("pressed"), 120);
  }

  #buzz() {
    const body = this.part("case");
    body.classList.remove("buzz");
    requestAnimationFrame(() => body.classList.add("buzz"));
  }

  #draw() {
    const view = this.#view();
    const lcd = this.part("lcd");
    lcd.dataset.view = view.kind;
    this.part("title").textContent = view.title ?? "";
    this.part("count").textContent = view.count?.text ?? "";
    this.part("count").classList.toggle("bad", Boolean(view.count?.bad));
    this.#drawText(view);
    this.part("entry").hidden = !view.entry;
    const typed = this.part("typed");
    if (view.entry) typed.setAttribute("aria-label", view.entry);
    if (typed.value !== this.typed) typed.value = this.typed;
    typed.maxLength = this.name === "dial" ? 40 : 160;
    this.part("mode").hidden = this.name === "dial";
    this.#drawSoftKeys(view);
    this.line.draw({ isOnCall: Boolean(this.session || this.call) });
    this.#drawBar();
  }

  #drawText(view) {
    const area = this.part("view");
    const rows = (view.rows ?? []).map((row) => this.#row(row));
    const content = JSON.stringify([view.kind, view.text, view.rows]);
    if (area.dataset.content === content) return; // a screen reader must not hear it again
    area.dataset.content = content;
    area.setAttribute("aria-live", view.quiet ? "off" : "polite");
    area.replaceChildren(...words(view.text ?? ""), ...rows);
    area.querySelector(".chosen")?.scrollIntoView({ block: "nearest" });
  }

  #row({ from, at, line, unread, chosen, open }) {
    const row = document.createElement("button");
    row.type = "button";
    row.tabIndex = -1;
    row.className = `row${unread ? " new" : ""}${chosen ? " chosen" : ""}`;
    for (const [name, text] of Object.entries({ from, at, line })) {
      const part = document.createElement("span");
      part.className = name;
      part.textContent = text;
      row.append(part);
    }
    row.addEventListener("click", open);
    return row;
  }

  #drawSoftKeys(view) {
    for (const side of ["left", "right"]) {
      const label = view[side]?.[0] ?? "";
      this.part(`soft-${side}`).textContent = label;
      const key = this.element.querySelector(`[data-key="${side}"]`);
      key.setAttribute("aria-label", label || `${side} soft key`);
      key.classList.toggle("blank", !label);
    }
  }

  #drawBar() {
    this.element.setAttribute("aria-label", `Phone ${this.number}`);
    this.part("network").textContent = this.offline ? NO_SERVICE : this.line.name;
    const unread = this.unread();
    this.part("envelope").hidden = unread === 0;
    this.part("envelope").setAttribute("aria-label", `${unread} unread`);
    this.part("unread").textContent = unread || "";
    this.part("clock").textContent = clock();
  }
}
