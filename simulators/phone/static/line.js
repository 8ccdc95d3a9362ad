/* The panel beside a phone: its network, a slow thumb, lost calls, and what the gateway sent. */

import * as network from "./network.js";
import { clockSeconds } from "./views.js";

const SLOW_SECONDS = 35;
const IDLE_SECONDS = 30; // Safaricom's

const make = (tag, text, className = "") => {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = className;
  return element;
};

export class Line {
  /* `changed` is called when the network is another one, `drop` when the call is to be lost. */
  constructor(element, { phone, changed, drop }) {
    this.element = element;
    this.phone = phone;
    this.own = { name: "", longest: 160 }; // of the network that the number says
    this.shown = "[]";
    this.part = (name) => element.querySelector(`.line-${name}`);
    this.part("network").addEventListener("change", changed);
    this.part("drop").addEventListener("click", drop);
    this.part("slow").addEventListener("change", () => this.#drawTimes());
    element.addEventListener("toggle", () => this.refresh());
    this.#drawTimes();
  }

  get name() {
    return this.#chosen()?.dataset.name ?? this.own.name;
  }

  /* How many septets a screen of this network holds. */
  get longest() {
    return Number(this.#chosen()?.dataset.longest ?? this.own.longest);
  }

  /* How long the typing of an answer takes. */
  get typingSeconds() {
    return this.part("slow").checked ? seconds(this.part("after"), SLOW_SECONDS) : 0;
  }

  /* What the network is told with a code that is dialled. */
  forDial() {
    const asked = { network: this.part("network").value, drops: this.takeDrop() };
    if (!this.part("slow").checked) return asked;
    return { ...asked, idle_seconds: seconds(this.part("limit"), IDLE_SECONDS) };
  }

  /* Whether the call is lost before its next screen; it happens once. */
  takeDrop() {
    const { checked } = this.part("drop-next");
    this.part("drop-next").checked = false;
    return checked;
  }

  draw({ isOnCall }) {
    this.part("drop").disabled = !isOnCall;
  }

  /* Ask what went over the line; nobody asks while the panel is closed. */
  async refresh() {
    if (!this.element.open) return;
    const number = this.phone();
    let answer;
    try {
      answer = await network.exchanges(number);
    } catch {
      return; // the simulators are down: the phone shows it
    }
    const content = JSON.stringify(answer.exchanges);
    if (content === this.shown || number !== this.phone()) return;
    this.shown = content;
    this.part("exchanges").replaceChildren(...answer.exchanges.map(exchange));
    this.part("none").hidden = answer.exchanges.length > 0;
  }

  #chosen() {
    const { value, selectedOptions } = this.part("network");
    return value ? selectedOptions[0] : undefined;
  }

  #drawTimes() {
    this.part("times").hidden = !this.part("slow").checked;
  }
}

const seconds = (field, usual) =>
  field.validity.valid && field.value !== "" ? Number(field.value) : usual;

/* One form and its answer, as they went over the wire. */
function exchange({ at, fields, is_event: isEvent, status, body, error }) {
  const item = make("li", "");
  const head = make("p", "", "line-head");
  head.append(make("b", isEvent ? "Event" : "Form"), make("time", clockSeconds(at)));
  const form = make("dl", "");
  for (const [name, value] of fields) {
    form.append(make("dt", name), make("dd", value));
  }
  item.append(head, form, make("p", error ?? `HTTP ${status}`, "line-status"));
  if (body) item.append(make("pre", body));
  return item;
}
