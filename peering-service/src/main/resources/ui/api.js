// Questions to the API of the server that this page came from, and to nobody else.

import {headers} from './session.js';

// relative to the page, which may be behind a proxy that adds a prefix
const BASE = new URL('../v1/', document.baseURI);

// a reading is not waited for longer; an order is, since whoever gave it must be told what became of it
const PATIENCE = 20_000;

/** What the server answered instead of doing what it was asked; the message is its own. */
export class Refusal extends Error {
  constructor(status, sentence) {
    super(sentence.trim() || `the server answered with status ${status}`);
    this.status = status;
  }
}

/** A path with its variable parts escaped: path`health/service/${name}`. */
export function path(texts, ...values) {
  return texts.reduce((all, text, i) => all + encodeURIComponent(values[i - 1]) + text);
}

// what a list is told beside it when some of it was left out
const FILTERED = 'X-Consul-Results-Filtered-By-ACLs';

/**
 * What is answered, and whether some of it was left out, since whoever asks may not see it.
 *
 * @param body a text is sent as it is, all else as JSON
 */
export async function ask(method, where, body) {
  const signal = method === 'GET' ? AbortSignal.timeout(PATIENCE) : undefined;
  let answer;
  let text;
  try {
    answer = await fetch(new URL(where, BASE), {
      method,
      signal,
      headers: headers(),
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
      cache: 'no-store',
      redirect: 'error',
    });
    text = await answer.text();
  } catch {
    throw new Refusal(0, signal?.aborted ? `the server has not answered within ${PATIENCE / 1000} seconds` : 'the server does not answer');
  }
  if (!answer.ok) {
    throw new Refusal(answer.status, text);
  }
  return {
    value: answer.headers.get('Content-Type')?.startsWith('application/json') ? JSON.parse(text) : text,
    isFiltered: answer.headers.get(FILTERED) === 'true',
  };
}

export const call = async (method, where, body) => (await ask(method, where, body)).value;

export const read = (where) => call('GET', where);
