// The move from one root to the next: how it is begun, and how far it is.
import {html, nothing} from './lit-html/lit-html.js';
import {repeat} from './lit-html/directives/repeat.js';
import {call} from './api.js';
import {now} from './live.js';
import {count, duration, moment} from './format.js';
import * as icons from './icons.js';
import {age, badge, Dialog, empty, framed, news, problem, submitting} from './parts.js';

// by the phase that is under way while a step is
const STEPS = [
  ['publishing', 'Both roots are published', 'The old one signs, until every connected proxy and every reachable peer has both.'],
  ['retiring', 'The new root signs', 'Every proxy gets a certificate of the new root. No connection is closed by it.'],
  ['', 'The old root is withdrawn', 'Nothing of it is left, and nobody is let in by it any more.'],
];

export function rotation(status, refresh, datacenter) {
  const blank = {isExternal: false, busy: false, refusal: ''};
  let state = {...blank};
  // the one that was under way when this page looked last, and the root that signed when it was over
  let seen = null;
  let finished = null;
  const dialog = new Dialog('rotate', () => (state = {...blank}));

  const begin = submitting(() => state, async (mine) => {
    const answer = await call('PUT', 'hansa/ca/rotate', mine.isExternal ? {External: true} : undefined);
    finished = null;
    seen = answer.Rotation ?? {StartedAt: null};
    if (state === mine) {
      dialog.close();
    }
  }, refresh);

  const choice = (isExternal, word, says) => html`<label class="option"><input type="radio" name="root" .checked=${state.isExternal === isExternal} @change=${() => (state.isExternal = isExternal)}> <b>${word}</b> <span class="muted">${says}</span></label>`;

  const form = () => html`<form @submit=${begin}>
    <fieldset><legend>To which root</legend>
      ${choice(false, 'a new one of our own', 'made now, its key stays in the store')}
      ${choice(true, 'the one in the settings', 'ca.root-file and its intermediate, read again')}</fieldset>
    <p>By itself, in ${datacenter}:</p>
    <ul class="consequences">
      <li>The new root is published beside the present one, then it signs, then the present one is withdrawn. No connection is refused or closed by it.</li>
      <li><b>The present root's key is deleted when the new one begins to sign.</b> There is no way back but another rotation.</li>
      <li>Each step waits for proxies and peers that are away, for as long as <span class="code">ca.retire-limit</span> says. A peer that stays away longer follows when it is back; a proxy must be started again with a join token.</li>
      <li>Until it is over, no other rotation can begin.</li>
    </ul>
    ${state.refusal ? problem(state.refusal) : nothing}
    <footer><button type="button" autofocus @click=${() => dialog.close()}>Not now</button>
      <button type="submit" class="primary" ?disabled=${state.busy}>${state.busy ? 'Beginning…' : 'Begin the rotation'}</button></footer></form>`;

  /** Remembers, so that its end is seen by whoever has watched it. */
  function watch(going) {
    if (going) {
      seen = going;
      finished = null;
    } else if (seen) {
      finished = {startedAt: moment(seen.StartedAt), at: now()};
      seen = null;
    }
  }

  const words = {done: 'done', now: 'under way', next: 'to come'};
  const tones = {done: 'ok', now: 'away', next: 'off'};

  function steps(reached, more) {
    return html`<ol class="steps">${STEPS.map(([phase, title, says], i) => {
      const how = i < reached ? 'done' : i === reached ? 'now' : 'next';
      return html`<li class="rotation-step ${how} ${tones[how]}" aria-current=${how === 'now' ? 'step' : nothing} data-phase=${phase || 'over'}>
        <span class="number" aria-hidden="true">${how === 'done' ? icons.ok : i + 1}</span>
        <div><b>${title}</b> ${badge(tones[how], words[how])}<p class="muted">${says}</p>${how === 'now' ? more() : nothing}</div></li>`;
    })}</ol>`;
  }

  const waitedFor = (number) => (number ? count(number, 'is waited for', 'are waited for') : 'Nobody is waited for.');

  const wait = (one) => html`<tr><th scope="row">${one.Name}</th><td>${one.Kind}</td><td>${one.Reason}</td><td class="number">${age(moment(one.Since), now())}</td></tr>`;

  function waits(going) {
    const left = moment(going.Until) - now();
    return html`<p class="small">Since ${duration(now() - moment(going.Since))}. It goes on without those who are still waited for in ${left > 0 ? duration(left) : 'a moment'}.</p>
      ${going.WaitsFor.length
        ? framed('Who is waited for', html`<table class="list plain-table"><caption class="hidden">Who is waited for</caption>
            <thead><tr><th scope="col">Waits for ${going.WaitsFor.length}</th><th scope="col">Kind</th><th scope="col">It</th><th scope="col" class="number">Since</th></tr></thead>
            <tbody>${repeat(going.WaitsFor, (one) => `${one.Kind}/${one.Name}`, wait)}</tbody></table>`)
        : html`<p class="small">Nobody is waited for${going.Phase === 'retiring' ? ', but for a few seconds: handshakes with the old certificate may be on their way' : ''}.</p>`}`;
  }

  /** Of the rotation that has ended while this page was open. */
  function ended(root) {
    const took = finished.startedAt === null ? '' : ` It took ${duration(finished.at - finished.startedAt)}.`;
    return html`<p class="done">${icons.ok}<span>The new root signs, and the old one is withdrawn.${took} It is <span class="code">${root}</span>.</span></p>`;
  }

  function how(going) {
    if (going) {
      return html`<h2 id="rotation">Rotation ${badge('away', going.Phase)}</h2>
        <div class="card">${steps(STEPS.findIndex(([phase]) => phase === going.Phase), () => waits(going))}</div>`;
    }
    if (finished) {
      return html`<h2 id="rotation">Rotation ${badge('ok', 'done')}</h2>
        <div class="card">${steps(STEPS.length, () => nothing)}</div>`;
    }
    return html`<h2 id="rotation">Rotation</h2>
      ${empty('None is under way', 'A rotation moves everybody to another root, without a refused connection. Each step waits until all have followed.')}`;
  }

  function draw({Rotation: going, ActiveRootID: root}) {
    watch(going);
    return html`${news(finished && !going ? ended(root) : nothing)}<section aria-labelledby="rotation">${how(going)}</section>`;
  }

  return {
    draw,
    dialog: () => dialog.draw('Rotate the root?', form),
    button: () => html`<button type="button" class="primary" ?disabled=${Boolean(status.value.Rotation)} @click=${() => dialog.open()}>${icons.turn}<span>Rotate the root…</span></button>`,
    waiting: () => (status.value?.Rotation ? waitedFor(status.value.Rotation.WaitsFor.length) : ''),
    close: () => dialog.close(),
  };
}
