/* The calls that a phone made, newest first; the browser remembers them with the number. */

const MOST = 20;

export class Calls {
  constructor(number) {
    this.stored = `calls ${number}`;
    this.list = this.#read();
  }

  begin(code) {
    this.list = [{ code, at: Date.now() / 1000, end: "" }, ...this.list].slice(0, MOST);
    this.#write();
  }

  /* Note how the last call ended; only its first end counts. */
  end(how) {
    if (!this.list.length || this.list[0].end) return;
    this.list[0].end = how;
    this.#write();
  }

  #read() {
    try {
      const calls = JSON.parse(localStorage.getItem(this.stored));
      if (Array.isArray(calls)) return calls.filter(isCall).slice(0, MOST);
    } catch {
      // not ours, or storage is off: begin afresh
    }
    return [];
  }

  #write() {
    try {
      localStorage.setItem(this.stored, JSON.stringify(this.list));
    } catch {
      // storage is off: the calls last as long as the page
    }
  }
}

const isCall = (call) =>
  typeof call?.code === "string" && typeof call.at === "number" && typeof call.end === "string";
