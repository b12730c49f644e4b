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

/**
 * @param done called when somebody has signed in, or has tried to
 * @param refused called with why a login has made no token
 */
export function signIn(datacenter, refusal, done, refused) {
  // in the body of the request alone; what comes back is kept as a token that was typed
  const logIn = async (event) => {
    event.preventDefault();
    const {method, jwt} = event.target.elements;
    const question = {AuthMethod: method.value.trim(), BearerToken: jwt.value.trim()};
    const button = event.submitter;
    jwt.value = '';
    // each login makes a token
    button.disabled = true;
    try {
      const made = await call('POST', 'acl/login', question);
      session.keep(made.SecretID);
    } catch ({message}) {
      refused(message);
      return;
    } finally {
      button.disabled = false;
    }
    done();
  };
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
      <form class="card signin second" @submit=${logIn}>
        <h2>Or with a JWT</h2>
        <p>Of an issuer that an auth method of this datacenter believes. What the server gives for it ends with it, and when you sign out.</p>
        <label>Auth method <input name="method" autocomplete="off" spellcheck="false" required></label>
        <label>JWT <input name="jwt" type="password" autocomplete="off" spellcheck="false" required></label>
        <button type="submit">Log in</button>
      </form>
    </main>`;
}
