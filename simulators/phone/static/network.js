/* What a phone asks of the simulated network: JSON over HTTP, one function per request. */

async function post(path, content) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(content),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

async function get(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.json();
}

export const dial = (phone, code, line) => post("/phone/dial", { phone, code, ...line });
export const reply = (phone, session, input, drops) =>
  post("/phone/reply", { phone, session, input, drops });
export const hangUp = (phone, session) => post("/phone/hangup", { phone, session });
export const markRead = (phone, id) => post("/phone/read", { phone, id });
export const stopMessages = (phone, sender) => post("/phone/stop", { phone, sender });

export const answerPrompt = (phone, prompt, how) =>
  post("/phone/mpesa/answer", { phone, prompt, ...how });
export const payBill = (phone, { shortcode, account, shillings }) =>
  post("/phone/mpesa/pay", { phone, shortcode, account, shillings });

export const exchanges = (phone) => get(`/phone/exchanges?${new URLSearchParams({ phone })}`);

export const inboxes = (phones) =>
  get(`/phone/inboxes?${new URLSearchParams(phones.map((phone) => ["phone", phone]))}`);

export const faults = () => get("/control/faults");
export const setFault = (fault) => post("/control/faults", fault);
export const clearFaults = () =>
  fetch("/control/faults", { method: "DELETE" }).then((response) => response.json());

export const stellar = () => get("/control/horizon");
export const renewStellar = () => post("/control/horizon/reset", {});
