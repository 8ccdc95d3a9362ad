/*
 * What a phone can show, as a table: each view says what stands on the screen and what the two
 * soft keys, the green key and the digits do there. `device.js` draws it.
 */

import { septets } from "./gsm7.js";

const format = (options) =>
  new Intl.DateTimeFormat("en-GB", { timeZone: "Africa/Nairobi", ...options });
const HOUR = format({ hour: "2-digit", minute: "2-digit" });
const SECOND = format({ timeStyle: "medium" });
const DAY = format({ weekday: "short", day: "numeric", month: "short" });

/* Times of day as they are in Nairobi, wherever the browser is. */
export const clock = () => HOUR.format(new Date());
export const clockSeconds = (seconds) => SECOND.format(new Date(seconds * 1000));
const time = (seconds) => HOUR.format(new Date(seconds * 1000));

const home = (phone) => phone.show("idle");
const money = (shillings) => `KSh ${shillings.toLocaleString("en-GB")}`;

/* Clear removes the last character; with nothing left it leaves. */
const clearOr = (phone, label, leave) =>
  phone.typed ? ["Clear", () => phone.type(phone.typed.slice(0, -1))] : [label, leave];

function count(text, longest) {
  const length = septets(text);
  const bad = length === null || length > longest;
  return { text: `${length ?? "not GSM-7"}/${longest}`, bad };
}

export const views = {
  idle: (phone) => {
    const unread = phone.unread();
    const news = unread ? `${unread} new message${unread > 1 ? "s" : ""}` : phone.number;
    const messages = () => phone.show("inbox", { chosen: 0 });
    const dial = () => phone.show("dial", { typed: phone.serviceCode });
    return {
      kind: "idle",
      quiet: unread === 0, // nobody wants to hear each minute pass
      text: `${clock()}\n${DAY.format(new Date())}\n\n${news}`,
      left: [unread ? "Read" : "Messages", messages],
      right: ["Dial", dial],
      call: phone.calls.list.length ? () => phone.show("calls", { chosen: 0 }) : dial,
      ok: dial,
      digit: (key) => phone.show("dial", { typed: key }),
    };
  },

  dial: (phone) => ({
    kind: "dial",
    title: "Dial",
    text: "",
    entry: "Number to dial",
    left: ["Call", () => phone.dial()],
    right: clearOr(phone, "Back", () => home(phone)),
    call: () => phone.dial(),
    end: () => home(phone),
  }),

  wait: (phone) => ({
    kind: "wait",
    text: "Running",
    right: ["Cancel", () => phone.hangUp()],
    end: () => phone.hangUp(),
  }),

  /* A person who types slowly: the network may lose patience meanwhile. */
  typing: (phone) => ({
    kind: "wait",
    text: "Typing slowly",
    right: ["Cancel", () => phone.hangUp()],
    end: () => phone.hangUp(),
  }),

  screen: (phone, { text }) => ({
    kind: "dialog",
    title: "USSD",
    count: count(text, phone.line.longest),
    text,
    entry: "Reply",
    left: ["Send", () => phone.reply()],
    right: clearOr(phone, "Cancel", () => phone.hangUp()),
    call: () => phone.reply(),
    end: () => phone.hangUp(),
  }),

  ended: (phone, { text }) => ({
    kind: "dialog",
    title: "USSD",
    count: count(text, phone.line.longest),
    text,
    left: ["OK", () => home(phone)],
    end: () => home(phone),
  }),

  notice: (phone, { text }) => ({
    kind: "notice",
    text,
    left: ["OK", () => home(phone)],
    end: () => home(phone),
  }),

  /* What Safaricom shows when somebody asks for money: it waits for the PIN for a minute. */
  prompt: (phone, { prompt: { shillings, shortcode, reference } }) => ({
    kind: "dialog",
    title: "M-PESA",
    text: `Pay ${money(shillings)} to NannyChain (${shortcode}), account ${reference}?\n\nEnter M-PESA PIN:`,
    entry: "M-PESA PIN",
    left: ["Send", () => phone.answerPrompt({ pin: phone.typed })],
    right: clearOr(phone, "Cancel", () => phone.answerPrompt({ cancel: true })),
    call: () => phone.answerPrompt({ pin: phone.typed }),
    end: () => phone.answerPrompt({ cancel: true }),
  }),

  mpesa: (phone) => ({
    kind: "dialog",
    title: "M-PESA",
    text: `Balance: ${money(phone.mpesa.shillings)}\n\n1. Pay bill`,
    entry: "Choice",
    left: ["Send", () => phone.typed === "1" && phone.show("billNumber", { typed: phone.paybill })],
    right: clearOr(phone, "Back", () => home(phone)),
    end: () => home(phone),
  }),

  billNumber: (phone) => ({
    kind: "dialog",
    title: "Pay bill",
    text: "Business number:",
    entry: "Business number",
    left: ["Send", () => phone.show("billAccount", { bill: { shortcode: phone.typed } })],
    right: clearOr(phone, "Back", () => phone.show("mpesa")),
    end: () => home(phone),
  }),

  billAccount: (phone, { bill }) => ({
    kind: "dialog",
    title: "Pay bill",
    text: "Account number:",
    entry: "Account number",
    left: ["Send", () => phone.show("billAmount", { bill: { ...bill, account: phone.typed } })],
    right: clearOr(phone, "Back", () => phone.show("mpesa")),
    end: () => home(phone),
  }),

  billAmount: (phone, { bill }) => ({
    kind: "dialog",
    title: "Pay bill",
    text: `Amount for ${bill.account} at ${bill.shortcode}:`,
    entry: "Amount",
    left: ["Pay", () => phone.payBill({ ...bill, shillings: Number(phone.typed) || 0 })],
    right: clearOr(phone, "Back", () => phone.show("mpesa")),
    end: () => home(phone),
  }),

  calls: (phone, { chosen }) => {
    const { list } = phone.calls;
    const last = list.length - 1;
    return {
      kind: "inbox",
      title: "Calls",
      text: "",
      rows: list.map(({ code, at, end }, index) => ({
        from: code,
        at: time(at),
        line: end || "no end seen",
        chosen: index === chosen,
        open: () => phone.dial(code),
      })),
      left: ["Redial", () => phone.dial(list[chosen].code)],
      right: ["Back", () => home(phone)],
      end: () => home(phone),
      up: () => phone.show("calls", { chosen: Math.max(chosen - 1, 0) }),
      down: () => phone.show("calls", { chosen: Math.min(chosen + 1, last) }),
    };
  },

  inbox: (phone, { chosen }) => {
    const last = phone.messages.length - 1;
    const at = Math.min(chosen, last);
    const open = (index) => phone.open(phone.messages[index], index);
    return {
      kind: "inbox",
      title: "Messages",
      text: last < 0 ? "No messages yet" : "",
      rows: phone.messages.map((message, index) => ({
        from: message.sender,
        at: time(message.received_at),
        line: message.text,
        unread: !message.is_read,
        chosen: index === at,
        open: () => open(index),
      })),
      left: last < 0 ? undefined : ["Open", () => open(at)],
      right: ["Back", () => home(phone)],
      end: () => home(phone),
      up: () => phone.show("inbox", { chosen: Math.max(at - 1, 0) }),
      down: () => phone.show("inbox", { chosen: Math.min(at + 1, Math.max(last, 0)) }),
    };
  },

  message: (phone, { message, index }) => ({
    kind: "message",
    title: message.sender,
    count: { text: time(message.received_at) },
    text: message.text,
    left: ["Stop messages", () => phone.show("stop", { message, index })],
    right: ["Back", () => phone.show("inbox", { chosen: index })],
    ok: () => phone.show("inbox", { chosen: index }),
    end: () => home(phone),
  }),

  stop: (phone, { message, index }) => ({
    kind: "notice",
    text: `Stop all messages from ${message.sender}?\n\nDial *456*9# to allow them again.`,
    left: ["Stop", () => phone.stopMessages(message.sender)],
    right: ["Back", () => phone.show("message", { message, index })],
    end: () => home(phone),
  }),
};
