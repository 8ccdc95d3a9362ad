/* The panel of faults: a button for each kind, and what is set at present. */

import * as network from "./network.js";

const REFRESH_MS = 2000;
const NAMES = {
  "africastalking.insights": "SIM look-up",
  "africastalking.sms": "SMS",
  "africastalking.ussd": "USSD",
  "daraja.push": "M-Pesa prompt",
  "daraja.payout": "M-Pesa payout",
  "daraja.question": "M-Pesa question",
  "daraja.paybill": "M-Pesa paybill",
  "daraja.token": "M-Pesa token",
  "horizon.submit": "Handing in",
  "horizon.read": "Asking",
  "horizon.network": "Network",
};
const RENEW = "Begin a new Stellar network? All accounts on this one are gone.";

const PLACES = { africastalking: "kinds", daraja: "mpesa", horizon: "stellar" };
const PHONELESS = new Set(["daraja.question", "daraja.token"]);

const provider = (target) => target.split(".")[0];
const knowsPhones = (target) => provider(target) !== "horizon" && !PHONELESS.has(target);

const make = (tag, text, className = "") => {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = className;
  return element;
};

export class FaultPanel {
  constructor(element, numbers) {
    this.element = element;
    this.numbers = numbers;
    this.part = (name) => element.querySelector(`#fault-${name}`);
    this.part("clear").addEventListener("click", () => this.#change(network.clearFaults()));
    this.part("renew").addEventListener("click", () => {
      if (confirm(RENEW)) this.#change(network.renewStellar());
    });
    element.addEventListener("toggle", () => this.#opened());
    setInterval(() => this.element.open && this.#refresh(), REFRESH_MS);
    this.#refresh();
  }

  async #opened() {
    if (!this.element.open) return;
    const choice = this.part("phone");
    const chosen = choice.value;
    const options = this.numbers().map((number) => new Option(number, number));
    choice.replaceChildren(new Option("any phone", ""), ...options);
    choice.value = this.numbers().includes(chosen) ? chosen : "";
    await this.#refresh();
  }

  async #refresh() {
    let found, stellar;
    try {
      [found, stellar] = await Promise.all([network.faults(), network.stellar()]);
    } catch {
      return; // the simulators are down: the phones show it
    }
    if (!this.part("kinds").childElementCount) this.#drawKinds(found.catalogue);
    this.#drawSet(found.faults);
    this.#drawLedger(stellar);
  }

  async #change(request) {
    try {
      await request;
    } catch (error) {
      this.part("set").textContent = error.message;
      return;
    }
    await this.#refresh();
  }

  #drawKinds(catalogue) {
    for (const [target, kinds] of Object.entries(catalogue)) {
      const group = make("fieldset", "");
      group.append(make("legend", NAMES[target] ?? target));
      for (const kind of kinds) group.append(this.#button(target, kind));
      this.part(PLACES[provider(target)]).append(group);
    }
  }

  #button(target, { kind, phrase, parameters }) {
    const line = make("div", "", "fault-kind");
    const button = make("button", kind.replaceAll("_", " "));
    button.type = "button";
    button.title = phrase;
    line.append(button, make("span", phrase));
    const fields = Object.entries(parameters).map(([name, value]) => {
      const field = make("input", "");
      Object.assign(field, { type: "number", value, min: 0, step: "any", name });
      field.setAttribute("aria-label", `${NAMES[target] ?? target} ${kind}: ${name}`);
      line.append(field);
      return field;
    });
    button.addEventListener("click", () => {
      const numbers = Object.fromEntries(fields.map((field) => [field.name, Number(field.value)]));
      const { value: times, selectedOptions } = this.part("times");
      const probability = Number(selectedOptions[0].dataset.probability ?? 1);
      const fault = { target, kind, ...numbers, times: times ? Number(times) : null, probability };
      const phone = (knowsPhones(target) && this.part("phone").value) || null;
      this.#change(network.setFault({ ...fault, phone }));
    });
    return line;
  }

  #drawLedger({ ledger, is_halted: isHalted }) {
    this.part("ledger").textContent = `ledger ${ledger}${isHalted ? ", halted" : ""}`;
  }

  #drawSet(faults) {
    const count = this.element.querySelector(".fault-count");
    count.textContent = faults.length || "";
    count.hidden = faults.length === 0;
    const words = faults.map(({ target, kind, times, probability, phone }) => {
      const always = times === null ? "until cleared" : `${times} ×`;
      const left = probability < 1 ? `${Math.round(probability * 100)} %, ${always}` : always;
      return `${NAMES[target] ?? target} ${kind.replaceAll("_", " ")}: ${left}${phone ? `, ${phone}` : ""}`;
    });
    const text = words.join("\n") || "No fault is set.";
    if (this.part("set").textContent !== text) this.part("set").textContent = text;
  }
}
