// What the pages know, and how it stays true: the server says which parts have changed, and what is shown of them is
// read again.
import {read} from './api.js';

// between two readings of one thing, at least this, and four times as long as the last one took: a busy catalog must
// not keep browser and server busy with nothing else
const PAUSE = 400;
const LOAD = 4;

const EVENTS = new URL('../v1/hansa/events', document.baseURI);

const listeners = new Set();
const resources = new Set();
let source = null;
// of the server's clock, since ages are told by it
let offset = 0;

/** `starting`, `live`, or `lost`: the server is away, or nobody leads. */
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
    this.#next = ended + Math.max(PAUSE, LOAD * (ended - begun));
    if (this.#stale) {
      this.#plan(this.#next - ended);
    } else if (this.#every && !document.hidden) {
      this.#plan(Math.max(this.#every, this.#next - ended));
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

function listen() {
  source = new EventSource(EVENTS);
  source.addEventListener('hello', (event) => {
    offset = Date.parse(JSON.parse(event.data).At) - Date.now();
    become('live');
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

/** Listens from now on, while somebody can see the page: a browser opens six connections to a server, for all tabs. */
export function start() {
  const look = () => {
    if (document.hidden) {
      source?.close();
      source = null;
    } else if (!source) {
      listen();
    }
  };
  document.addEventListener('visibilitychange', look);
  look();
}
