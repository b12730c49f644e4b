// Asks for a token, when the server wants one and does not know the one there is.
import {html, nothing} from './lit-html/lit-html.js';
import {call} from './api.js';
import {problem} from './parts.js';
import * as session from './session.js';

const UNKNOWN = 403;
const DISABLED = 401;

/** Finds out who looks. A token that is none any more is forgotten. */
export async function recognise() {
  try {
    const self = await call('GET', 'acl/token/self');
    const isOurs = session.signedIn();
    session.become(isOurs ? self.Description || self.AccessorID : '', true, isOurs && Boolean(self.AuthMethod));
    return '';
  } catch (refusal) {
    if (refusal.status === DISABLED) {
      session.become('', false);
      return '';
    }
    if (refusal.status === UNKNOWN && session.signedIn()) {
      session.forget();
      session.become('', true);
      return 'The server does not know this token, or not any more.';
    }
    throw refusal;
  }
}

/** @param done called when somebody has signed in, or has tried to */
export function signIn(datacenter, refusal, done) {
  const submit = (event) => {
    event.preventDefault();
    const field = event.target.elements.token;
    const token = field.value.trim();
    field.value = '';
    if (token) {
      session.keep(token);
      done();
    }
  };
  return html`
    <main class="alone" id="main">
      <form class="card signin" @submit=${submit}>
        <h1 tabindex="-1">Sign in to ${datacenter}</h1>
        <p>This server asks for a token. It is kept in this tab until you sign out or close it.</p>
        ${refusal ? problem(refusal) : nothing}
        <label>Token <input name="token" type="password" autocomplete="off" spellcheck="false" required></label>
        <button class="primary" type="submit">Sign in</button>
      </form>
    </main>`;
}
