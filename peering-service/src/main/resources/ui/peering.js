// The two boxes in which a peering begins: a token is made here, or one is used that another datacenter has made.
import {html, nothing} from './lit-html/lit-html.js';
import {live as bound} from './lit-html/directives/live.js';
import {call} from './api.js';
import {changed, now} from './live.js';
import {countdown} from './format.js';
import * as icons from './icons.js';
import {badge, copyButton, Dialog, field, news, peerState, problem, submitting, whenInZone} from './parts.js';
import {decode, fingerprint} from './token.js';

const LIVES = [['10m', '10 minutes', 600_000], ['1h', '1 hour', 3_600_000], ['24h', '1 day', 86_400_000]];

const NAME = '[a-z0-9]([a-z0-9\\-]{0,62}[a-z0-9])?';
const NAME_HINT = 'lower case letters, digits and dashes';

/** Makes a token. It is shown once, in the box, and forgotten when the box closes. */
export function generation(peerings) {
  const blank = {peer: '', life: '1h', busy: false, refusal: '', made: null};
  let state = {...blank};
  let dropped = '';
  const dialog = new Dialog('generate', () => (state = {...blank}));

  const generate = submitting(() => state, async (mine) => {
    const {peer, life} = mine;
    const [, , millis] = LIVES.find(([one]) => one === life);
    const answer = await call('POST', 'peering/token', {PeerName: peer, TTL: life});
    if (state === mine) {
      mine.made = {peer, token: answer.PeeringToken, words: answer.FingerprintWords, expires: decode(answer.PeeringToken)?.expires ?? now() + millis};
      dialog.turned();
    } else {
      dropped = peer;
    }
    peerings.refresh();
  });

  const form = () => html`<form @submit=${generate}>
    <p>The other datacenter uses the token once, within its time, and both become peers. Whoever has it until then can do so: hand it over as you would a password.</p>
    <label>Name of the other datacenter
      <input name="peer" required pattern=${NAME} title=${NAME_HINT} maxlength="64" autocomplete="off" spellcheck="false" .value=${bound(state.peer)} @input=${(event) => (state.peer = event.target.value)}></label>
    <label>Good for <select name="life" @change=${(event) => (state.life = event.target.value)}>
      ${LIVES.map(([life, word]) => html`<option value=${life} ?selected=${life === state.life}>${word}</option>`)}</select></label>
    ${state.refusal ? problem(state.refusal) : nothing}
    <footer><button type="button" @click=${() => dialog.close()}>Cancel</button>
      <button type="submit" class="primary" ?disabled=${state.busy}>${state.busy ? 'Generating…' : 'Generate token'}</button></footer>
  </form>`;

  function made() {
    const {peer, token, words, expires} = state.made;
    const left = expires - now();
    const peering = (peerings.value ?? []).find((one) => one.Name === peer);
    if (peering?.State === 'ACTIVE') {
      return html`<p class="done">${icons.ok}<span><b>${peer}</b> has used the token: the peering is active.</span></p>
        <footer><button type="button" class="primary" @click=${() => dialog.close()}>Done</button></footer>`;
    }
    return html`<p>For the operator of <b>${peer}</b>, who establishes the peering with it. It is shown here once.</p>
      <label>Peering token<textarea class="code" data-secret readonly rows="6" .value=${token}></textarea></label>
      <div class="row">${copyButton(() => token, 'Copy token')}
        <span class="timer ${left < 60_000 ? 'bad' : ''}" role="timer">${icons.clock}${left > 0 ? html`expires in <b>${countdown(left)}</b>` : 'expired: generate another one'}</span></div>
      <dl class="facts">${field('Fingerprint, to compare', html`<b class="words">${words}</b>`)}${field('The peering is', peering ? peerState(peering.State) : badge('off', 'unknown'))}</dl>
      <footer><button type="button" class="primary" @click=${() => dialog.close()}>Done</button></footer>`;
  }

  return {
    open() {
      dropped = '';
      dialog.open();
    },
    draw: () => html`${news(dropped ? html`<p class="note">${icons.clock}<span>A token for <b>${dropped}</b> was made after its box was closed, and is dropped. Generate another one for it.</span></p>` : nothing)}
      ${dialog.draw(state.made ? `Token for ${state.made.peer}` : 'Generate a peering token', () => (state.made ? made() : form()))}`,
    close: () => dialog.close(),
  };
}

/** Uses a token that another datacenter has made. */
export function establishment(peerings, datacenter) {
  const blank = {token: '', says: null, words: '', peer: '', isNamed: false, expected: '', busy: false, refusal: ''};
  let state = {...blank};
  let done = '';
  const dialog = new Dialog('establish', () => (state = {...blank}));

  async function paste(event) {
    const mine = state;
    mine.token = event.target.value;
    const says = decode(mine.token);
    mine.says = says;
    mine.words = '';
    mine.refusal = '';
    if (says && !mine.isNamed) {
      mine.peer = says.datacenter;
    }
    changed();
    const words = says ? await fingerprint(says) : '';
    if (mine.says === says) {
      mine.words = words;
      changed();
    }
  }

  const establish = submitting(() => state, async (mine) => {
    const body = {PeerName: mine.peer, PeeringToken: mine.token.trim()};
    if (mine.expected.trim()) {
      body.ExpectFingerprint = mine.expected.trim();
    }
    await call('POST', 'peering/establish', body);
    // told in any case: it stands, even if its box was closed meanwhile
    done = body.PeerName;
    peerings.refresh();
    if (state === mine) {
      dialog.close();
    }
  });

  function says() {
    if (!state.token.trim()) {
      return nothing;
    }
    if (!state.says) {
      return problem('This is no peering token, or a part of one: expected a signed one of three parts, or Consul\'s in base64.');
    }
    const {audience, expires, addresses, form, trustDomain} = state.says;
    const left = expires === null ? null : expires - now();
    return html`<section class="says" aria-label="What the token says" aria-live="polite">
      <p><b>What the token says.</b> Read in this browser, not checked yet; the server checks it before it uses it.</p>
      <dl class="facts">
        ${field('Made by', html`<b>${state.says.datacenter}</b>`)}
        ${field('Made for', audience ? html`<b>${audience}</b> ${audience === datacenter ? nothing : badge('warn', `this is ${datacenter}`)}` : 'anybody: it does not say')}
        ${field('Good until', left === null ? 'it does not say' : left > 0 ? html`${whenInZone(expires, now())}, <b role="timer" aria-live="off">${countdown(left)}</b> left` : badge('bad', 'expired'))}
        ${field('Reached at', html`<span class="code">${addresses.join(', ')}</span>`)}
        ${field('Trust domain', html`<span class="code">${trustDomain}</span>`)}
        ${field('Form', form === 'signed' ? 'signed by its maker' : badge('warn', 'unsigned, as Consul makes them'))}
        ${field('Fingerprint', state.words ? html`<b class="words">${state.words}</b>` : 'told when the peering is established')}
      </dl>
      <p class="muted small">Ask the operator of ${state.says.datacenter} for the fingerprint in another way than the token came. Six words that are the same mean that nobody changed it.</p>
    </section>`;
  }

  const form = () => html`<form @submit=${establish}>
    <label>Peering token of the other datacenter
      <textarea class="code" name="token" rows="5" required autocomplete="off" autocapitalize="off" spellcheck="false" .value=${bound(state.token)} @input=${paste}></textarea></label>
    ${says()}
    ${state.says
      ? html`<label>Name of the peer here <input name="name" required pattern=${NAME} title=${NAME_HINT} maxlength="64" autocomplete="off" spellcheck="false" .value=${bound(state.peer)}
            @input=${(event) => Object.assign(state, {peer: event.target.value, isNamed: true})}></label>
          <label>Fingerprint that its operator has told you <span class="muted">(may be left out; it must fit then)</span>
            <input name="expected" autocomplete="off" spellcheck="false" .value=${bound(state.expected)} @input=${(event) => (state.expected = event.target.value)}></label>`
      : nothing}
    ${state.refusal ? problem(state.refusal) : nothing}
    <footer><button type="button" @click=${() => dialog.close()}>Cancel</button>
      <button type="submit" class="primary" ?disabled=${state.busy || !state.says}>${state.busy ? 'Establishing…' : 'Establish peering'}</button></footer>
  </form>`;

  return {
    open() {
      done = '';
      dialog.open();
    },
    draw: () => html`${news(done ? html`<p class="done">${icons.ok}<span>The peering with <b>${done}</b> is established.</span></p>` : nothing)}
      ${dialog.draw('Establish a peering', form)}`,
    close: () => dialog.close(),
  };
}

/**
 * Ends a peering, after what that means has been said.
 *
 * @param ways tells which resolvers and groups lead there; null when that could not be read
 */
export function deletion(name, peering, ways, ended) {
  let state = {busy: false, refusal: ''};
  const dialog = new Dialog('delete', () => (state = {busy: false, refusal: ''}));

  const remove = submitting(() => state, async (mine) => {
    await call('DELETE', `peering/${encodeURIComponent(name)}`);
    if (state === mine) {
      dialog.close();
      ended();
    }
  });

  const list = (names) => html`<span class="code">${names.slice(0, 12).join(', ')}${names.length > 12 ? `, and ${names.length - 12} more` : ''}</span>`;

  function reliance() {
    const found = ways();
    if (found === null) {
      return html`<li><b>It could not be read what leads to ${name}:</b> which service-resolvers and sameness groups here rely on it is not known.</li>`;
    }
    const {resolvers, groups} = found;
    return html`<li>${resolvers.length ? html`<b>These have no refuge at ${name} any more:</b> ${list(resolvers)}` : html`No service-resolver here leads to ${name}.`}</li>
      ${groups.length ? html`<li><b>Groups with it:</b> ${list(groups)}. What fails over by them finds no refuge at ${name} any more.</li>` : nothing}`;
  }

  function consequences() {
    const {ImportedServices: imported, ExportedServices: exported} = peering().StreamStatus;
    return html`<form @submit=${remove}>
      <p>This cannot be undone: to peer again, a new token is needed. At once, on both sides:</p>
      <ul class="consequences">
        <li>${imported.length ? html`Nothing here can call what ${name} exports any more: ${list(imported)}` : html`${name} exports nothing to us; nothing is lost here.`}</li>
        <li>${exported.length ? html`${name} can call nothing of ours any more: ${list(exported)}` : html`We export nothing to ${name}; nothing is lost there.`}</li>
        ${reliance()}
        <li>Connections that cross between the two are cut, and ${name}'s roots are trusted no more.</li>
      </ul>
      ${state.refusal ? problem(state.refusal) : nothing}
      <footer><button type="button" autofocus @click=${() => dialog.close()}>Keep it</button>
        <button type="submit" class="danger" ?disabled=${state.busy}>${state.busy ? 'Deleting…' : `Delete the peering with ${name}`}</button></footer>
    </form>`;
  }

  return {
    open: () => dialog.open(),
    draw: () => dialog.draw(`Delete the peering with ${name}?`, consequences),
    close: () => dialog.close(),
  };
}
