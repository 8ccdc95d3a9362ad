/* The page: which phones there are (remembered by the browser), and the polling of their inboxes. */

import { Device } from "./device.js";
import { FaultPanel } from "./faults.js";
import * as network from "./network.js";

const DEFAULTS = ["+254712345678", "+254722000111"];
const MORE = ["+254733000222", "+254110000333", "+254770000444", "+254763000555"];
const MOST = 6;
const POLL_MS = 1000;
const STORED = "phones";
const E164 = /^\+(254[17]\d{8}|(?!254)[1-9]\d{8,14})$/;

const list = document.getElementById("phones");
const template = document.getElementById("phone");
const add = document.getElementById("add");
const { serviceCode, paybill } = document.body.dataset;
const devices = [];

/* Usual spellings of Kenyan numbers become E.164; anything else stays as it is. */
const normalised = (text) =>
  text.replace(/[\s()-]/g, "").replace(/^0(?=[17]\d{8}$)/, "+254").replace(/^(?=254[17]\d{8}$)/, "+");

function stored() {
  try {
    const numbers = JSON.parse(localStorage.getItem(STORED));
    if (Array.isArray(numbers) && numbers.length && numbers.every((n) => E164.test(n))) {
      return [...new Set(numbers)].slice(0, MOST);
    }
  } catch {
    // not ours, or storage is off: begin afresh
  }
  return DEFAULTS;
}

function remember() {
  try {
    localStorage.setItem(STORED, JSON.stringify(devices.map((device) => device.number)));
  } catch {
    // storage is off: the phones last as long as the page
  }
  add.disabled = devices.length >= MOST;
  list.classList.toggle("single", devices.length === 1);
}

function changed(device, text) {
  const number = normalised(text);
  const taken = devices.some((other) => other !== device && other.number === number);
  const field = device.part("number");
  field.setCustomValidity(
    taken ? "Another phone has this number." : E164.test(number) ? "" : "Such as +254712345678.",
  );
  if (!field.reportValidity()) return;
  field.value = number;
  device.become(number);
  remember();
  poll();
}

function addPhone(number) {
  const element = template.content.firstElementChild.cloneNode(true);
  list.append(element);
  const device = new Device(element, { number, serviceCode, paybill, changed });
  device.part("number").addEventListener("input", (event) => event.target.setCustomValidity(""));
  device.part("remove").addEventListener("click", () => {
    device.hangUp();
    devices.splice(devices.indexOf(device), 1);
    element.remove();
    remember();
  });
  devices.push(device);
  remember();
  return device;
}

async function poll() {
  const askedAt = performance.now();
  let answer = null;
  try {
    answer = await network.inboxes(devices.map((device) => device.number));
  } catch {
    // the simulators are down: the phones show it
  }
  for (const device of devices) {
    const inbox = answer === null ? null : answer[device.number];
    if (inbox !== undefined) device.receive(inbox, askedAt);
  }
}

/* Keys pressed while nothing has the focus go to the phone that was used last. */
let last = null;
list.addEventListener("focusin", (event) => {
  last = event.target.closest(".phone");
  for (const { element } of devices) element.classList.toggle("active", element === last);
});
document.addEventListener("keydown", (event) => {
  if (event.target !== document.body || !last?.isConnected) return;
  last.focus({ preventScroll: true });
  last.dispatchEvent(new KeyboardEvent("keydown", { key: event.key, bubbles: false }));
});

add.addEventListener("click", () => {
  const used = new Set(devices.map((device) => device.number));
  const number = [...DEFAULTS, ...MORE].find((candidate) => !used.has(candidate));
  addPhone(number).element.scrollIntoView({ behavior: "smooth", inline: "center", block: "nearest" });
  poll();
});

for (const number of stored()) addPhone(number);
new FaultPanel(document.getElementById("faults"), () => devices.map((device) => device.number));
devices[0].element.focus({ preventScroll: true });
await poll();
setInterval(poll, POLL_MS);
