// What the pages know, and how it stays true: the server says which parts have changed, and what is shown of them is
// read again.
import {read} from './api.js';

// between two readings of one thing, at least this, and four times as long as the last one took: a busy catalog must
// not keep browser and server busy with nothing else
const PAUSE = 400;
const LOAD = 4;
// after a reading that failed
const AGAIN = 5000;
// the server says something every 15 seconds: a stream that has been silent for this long leads to nobody
const SILENCE = 45_000;
const WATCH = 5000;

const EVENTS = new URL('../v1/hansa/events', document.baseURI);

const listeners = new Set();
const resources = new Set();
let source = null;
// when the stream was begun, or something came from it
let heardAt = 0;
// of the server's clock, since ages are told by it
let offset = 0;

/** `starting`, also when the page is seen again; `live`; or `lost`: the server is away, or nobody leads. */
export let connection = 'starting';

export const now = () => Date.now() + offset;

/** Calls `listener` whenever there is something else to show. */
export function onChange(listener) {
  listeners.add(listener);
}

export function changed() {
  listeners.forEach((listener) => listener());
}

/** Something that is read, and read again when one of `parts` changes. */
export class Resource {
  value = null;
  error = null;
  #parts;
  #every;
  #where;
  #timer = 0;
  #reading = false;
  #stale = false;
  #next = 0;
  #stopped = true;

  /** @param every milliseconds; for what changes without being told, such as times */
  constructor(where, parts, every = 0) {
    this.#where = where;
    this.#parts = parts;
    this.#every = every;
  }

  start() {
    this.#stopped = false;
    resources.add(this);
    this.refresh();
    return this;
  }

  stop() {
    this.#stopped = true;
    resources.delete(this);
    clearTimeout(this.#timer);
  }

  concerns(parts) {
    return this.#parts.some((part) => parts.includes(part));
  }

  refresh() {
    this.#stale = true;
    if (!this.#reading && !this.#stopped) {
      this.#plan(Math.max(0, this.#next - performance.now()));
    }
  }

  #plan(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#read(), wait);
  }

  async #read() {
    const begun = performance.now();
    this.#reading = true;
    this.#stale = false;
    try {
      const value = await read(this.#where);
      this.value = value;
      this.error = null;
    } catch (refusal) {
      // the last that was heard stays on the page, with the reason that it is old
      this.error = refusal;
    }
    this.#reading = false;
    if (this.#stopped) {
      return;
    }
    const ended = performance.now();
    const rest = Math.max(PAUSE, LOAD * (ended - begun));
    // one that failed has waited for the server, and is no measure of its load
    this.#next = ended + (this.error ? Math.min(AGAIN, rest) : rest);
    const every = this.#every || (this.error ? AGAIN : 0);
    if (this.#stale) {
      this.#plan(this.#next - ended);
    } else if (every && !document.hidden) {
      this.#plan(Math.max(every, this.#next - ended));
    }
    changed();
  }
}

function become(state) {
  if (connection !== state) {
    connection = state;
    changed();
  }
}

function refreshAll() {
  resources.forEach((resource) => resource.refresh());
}

function hear() {
  heardAt = performance.now();
}

function listen() {
  hear();
  source = new EventSource(EVENTS);
  ['hello', 'changed', 'lost', 'beat'].forEach((name) => source.addEventListener(name, hear));
  source.addEventListener('hello', (event) => {
    offset = Date.parse(JSON.parse(event.data).At) - Date.now();
    become('live');
    // also what was changed while nobody listened
    refreshAll();
  });
  source.addEventListener('changed', (event) => {
    const parts = JSON.parse(event.data).Changed;
    become('live');
    resources.forEach((resource) => resource.concerns(parts) && resource.refresh());
  });
  source.addEventListener('lost', () => become('lost'));
  source.addEventListener('error', () => {
    become('lost');
    if (source?.readyState === EventSource.CLOSED) {
      // refused, not lost: the browser does not try again by itself
      source = null;
      setTimeout(() => document.hidden || source || listen(), 3000);
    }
  });
}

/** A connection whose other end is gone without a word fails for no one: only its silence tells. */
function watch() {
  if (source && performance.now() - heardAt > SILENCE) {
    source.close();
    become('lost');
    listen();
  }
}

/** Listens from now on, while somebody can see the page: a browser opens six connections to a server, for all tabs. */
export function start() {
  const look = () => {
    if (document.hidden) {
      source?.close();
      source = null;
      if (connection === 'live') {
        // what is shown is old when somebody looks again, until the server has said hello
        become('starting');
      }
    } else if (!source) {
      listen();
    }
  };
  document.addEventListener('visibilitychange', look);
  setInterval(watch, WATCH);
  look();
}
