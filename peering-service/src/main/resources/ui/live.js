// What the pages know, and how it stays true: the server says which parts have changed, and what is shown of them is
// read again.
import {ask, Refusal} from './api.js';
import {headers} from './session.js';

// between two readings of one thing, at least this, and four times as long as the last one took: a busy catalog must
// not keep browser and server busy with nothing else
const PAUSE = 400;
const LOAD = 4;
// after a reading that failed
const AGAIN = 5000;
// after one that was denied: each is a record in the audit log, and rights change seldom
const AFTER_DENIAL = 60_000;
const DENIED = [401, 403];
// the server says something every 15 seconds: a stream that has been silent for this long leads to nobody
const SILENCE = 45_000;
const WATCH = 5000;
// before it is listened again
const AFTER_LOSS = 1000;
// the same where the server has said no: there are too many who listen, or who ask
const AFTER_REFUSAL = 15_000;

const EVENTS = new URL('../v1/hansa/events', document.baseURI);

const listeners = new Set();
const resources = new Set();
// what ends the stream; null: there is none
let source = null;
// when the stream was begun, or something came from it
let heardAt = 0;
// of the server's clock, since ages are told by it
let offset = 0;
// nobody listens until somebody has signed in
let isOver = true;
// finds out who looks, when the server denies whoever looks
let doubt = () => {};
// it has been found out since the last hello, and is not asked again and again
let isDoubted = false;

/** `starting`, also when the page is seen again; `live`; or `lost`: the server is away, or nobody leads. */
export let connection = 'starting';

/** Why the server tells of no change, in its own words; empty: it has given no reason. */
export let reason = '';

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
  // some of it is left out of the value
  isFiltered = false;
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
      const {value, isFiltered} = await ask('GET', this.#where);
      this.value = value;
      this.isFiltered = isFiltered;
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
    const every = DENIED.includes(this.error?.status) ? AFTER_DENIAL : this.#every || (this.error ? AGAIN : 0);
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

const HANDLERS = {
  hello(data) {
    offset = Date.parse(data.At) - Date.now();
    reason = '';
    isDoubted = false;
    become('live');
    // also what was changed while nobody listened
    refreshAll();
  },
  changed(data) {
    become('live');
    resources.forEach((resource) => resource.concerns(data.Changed) && resource.refresh());
  },
  lost() {
    become('lost');
  },
};

/** One event as the stream has it: lines with a name before a colon. */
function take(block) {
  hear();
  let name = '';
  let data = '';
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) {
      name = line.slice('event: '.length);
    } else if (line.startsWith('data: ')) {
      data = line.slice('data: '.length);
    }
  }
  HANDLERS[name]?.(JSON.parse(data));
}

// an event is the names of a few parts
const LONGEST = 65_536;

/** Reads by hand what a browser's own reader of event streams would, since that one can send no token. */
async function hearOut(stream) {
  const answer = await fetch(EVENTS, {headers: headers(), cache: 'no-store', redirect: 'error', signal: stream.signal});
  if (!answer.ok) {
    throw new Refusal(answer.status, await answer.text());
  }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const {value, done} = await reader.read();
    if (done || rest.length > LONGEST) {
      return;
    }
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop();
    blocks.forEach(take);
  }
}

async function listen() {
  const stream = new AbortController();
  source = stream;
  hear();
  let status = 0;
  let said = '';
  try {
    await hearOut(stream);
  } catch (error) {
    ({status = 0, message: said} = error);
  }
  stream.abort();
  if (source !== stream) {
    return;
  }
  source = null;
  const isRefused = status >= 400 && status < 500;
  reason = isRefused ? said : '';
  if (DENIED.includes(status) && !isDoubted) {
    isDoubted = true;
    isOver = true;
    doubt();
    return;
  }
  become('lost');
  setTimeout(() => document.hidden || source || isOver || listen(), isRefused ? AFTER_REFUSAL : AFTER_LOSS);
}

function end() {
  source?.abort();
  source = null;
}

/** Listens no more, until somebody has signed in. */
export function stop() {
  isOver = true;
  isDoubted = false;
  end();
}

/** Begins anew, as whoever looks now. */
export function restart() {
  end();
  isOver = false;
  become('starting');
  if (!document.hidden) {
    listen();
  }
}

/** A connection whose other end is gone without a word fails for no one: only its silence tells. */
function watch() {
  if (source && performance.now() - heardAt > SILENCE) {
    source.abort();
    become('lost');
    listen();
  }
}

/**
 * Listens from now on, while somebody can see the page: a browser opens six connections to a server, for all tabs.
 *
 * @param denied called when the server denies whoever looks; it calls `restart`, or else nobody listens any more
 */
export function start(denied) {
  doubt = denied;
  isOver = false;
  const look = () => {
    if (document.hidden) {
      end();
      if (connection === 'live') {
        // what is shown is old when somebody looks again, until the server has said hello
        become('starting');
      }
    } else if (!source && !isOver) {
      listen();
    }
  };
  document.addEventListener('visibilitychange', look);
  setInterval(watch, WATCH);
  look();
}
