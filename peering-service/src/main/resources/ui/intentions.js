// Who may call whom: the rules, a question to them, and what they have refused lately.
import {html, nothing} from './lit-html/lit-html.js';
import {guard} from './lit-html/directives/guard.js';
import {live as bound} from './lit-html/directives/live.js';
import {call, path} from './api.js';
import {changed, now, Resource} from './live.js';
import {ago, count, moment} from './format.js';
import * as icons from './icons.js';
import {replace} from './pairs.js';
import {badge, Dialog, empty, entryLink, framed, peerChip, problem, shown, submitting, tag} from './parts.js';
import {once, Window} from './window.js';

const ANY = '*';
// sidecars tell of refusals as they come, and no part of what changes stands for them
const EVERY = 5000;
// of a row of one line, in CSS pixels
const ROW = 40;

const key = (rule) => `${rule.SourceSamenessGroup ?? ''}/${rule.SourcePeer ?? ''}/${rule.SourceName}/${rule.DestinationName}`;

const inWords = ({SourceName: from, SourcePeer: peer, DestinationName: to}) => `${from}${peer ? ` of ${peer}` : ''} to ${to}`;

/** As the API names a source. */
const source = ({peer, from}) => (peer ? `peer:${peer}/${from}` : from);

export function intentions({datacenter}) {
  const rules = new Resource('connect/intentions', ['config']);
  const services = new Resource('hansa/services', ['services', 'config']);
  const peerings = new Resource('hansa/peerings', ['peerings', 'config']);
  const denials = new Resource('hansa/intention-denials', ['config'], EVERY);

  // `seen` is the rule of the pair that a save replaces, and `met` what was found in its place
  const blank = {peer: '', from: '', to: '', action: 'allow', description: '', known: false, seen: null, met: null, busy: false, refusal: ''};
  let edited = {...blank};
  const asked = {peer: '', from: '', to: '', answer: null, refusal: ''};
  // of questions that were asked in turn, the last one is answered
  let questions = 0;
  const kept = {rule: null, busy: false, refusal: ''};
  let doomed = {...kept};
  const dialog = new Dialog('intention', () => (edited = {...blank}));
  const ending = new Dialog('delete-intention', () => (doomed = {...kept}));

  const windows = {rules: new Window('rules', ROW, false), refusals: new Window('refusals', ROW, false)};
  const byPrecedence = once((all) => all.toSorted((a, b) => b.Precedence - a.Precedence));
  // two of one moment may say the same
  const told = once((all) => all.map((one, i) => ({...one, key: `${one.At}/${one.Source}/${one.Destination}/${all[i - 1]?.At === one.At ? i : 0}`})));

  const names = () => [...new Set((services.value ?? []).filter((row) => !row.Peer && row.Kind === '').map((row) => row.Service))];

  const edit = (rule) => {
    edited = rule
      ? {...blank, peer: rule.SourcePeer ?? '', from: rule.SourceName, to: rule.DestinationName, action: rule.Action, description: rule.Description ?? '', known: true, seen: rule}
      : {...blank};
    dialog.open();
  };

  const save = submitting(() => edited, async (mine) => {
    const met = await replace(mine, mine.seen, {Action: mine.action, Description: mine.description});
    rules.refresh();
    if (met) {
      Object.assign(mine, {met, seen: met.there});
    } else if (edited === mine) {
      dialog.close();
    }
  });

  const doom = (rule) => {
    doomed = {...kept, rule};
    ending.open();
  };

  const remove = submitting(() => doomed, async (mine) => {
    const {SourcePeer: peer = '', SourceName: from, DestinationName: to} = mine.rule;
    const met = await replace({peer, from, to}, mine.rule, null);
    if (met?.there) {
      throw new Error(`Not deleted: somebody else has changed this rule meanwhile, and it says ${met.there.Action} now.`);
    }
    if (doomed === mine) {
      ending.close();
    }
  }, () => rules.refresh());

  async function ask(event) {
    event.preventDefault();
    const {peer, from, to} = asked;
    const mine = ++questions;
    let found;
    try {
      const {Allowed} = await call('GET', path`connect/intentions/check?source=${source(asked)}&destination=${to}`);
      found = {answer: {peer, from, to, allowed: Allowed}, refusal: ''};
    } catch (error) {
      found = {answer: null, refusal: error.message};
    }
    if (mine === questions) {
      Object.assign(asked, found);
      changed();
    }
  }

  const text = (label, pair, name, fixed = false) => html`<label>${label}
    <input required list="service-names" maxlength="64" autocomplete="off" spellcheck="false" ?readonly=${fixed} .value=${bound(pair[name])} @input=${(event) => choose(pair, {[name]: event.target.value})}></label>`;

  /** What was found for one pair is not true of another. */
  function choose(pair, change) {
    Object.assign(pair, change);
    if (pair.met) {
      Object.assign(pair, {met: null, seen: null});
      changed();
    }
  }

  const where = (label, pair, fixed = false) => html`<label>${label}
    <select ?disabled=${fixed} @change=${(event) => choose(pair, {peer: event.target.value})}>
      <option value="" ?selected=${!pair.peer}>${datacenter}, here</option>
      ${(peerings.value ?? []).map((one) => html`<option value=${one.Name} ?selected=${one.Name === pair.peer}>peer ${one.Name}</option>`)}</select></label>`;

  const action = (word, says) => html`<label class="option"><input type="radio" name="action" value=${word} .checked=${bound(edited.action === word)} @change=${() => (edited.action = word)}> <b>${word}</b> <span class="muted">${says}</span></label>`;

  /** Nothing is replaced that whoever saves has not seen. */
  function instead() {
    const {met, known} = edited;
    if (!met) {
      return nothing;
    }
    const {there} = met;
    if (!there) {
      return problem('Not saved: somebody else has deleted this rule meanwhile. Saving makes it again.');
    }
    const found = known ? 'somebody else has changed this rule meanwhile' : 'there is a rule for this pair already';
    return html`<p class="problem" role="alert">${icons.alert}<span>Not saved: ${found}, and it says <b>${there.Action}</b>${there.Description ? html` (${there.Description})` : nothing}. Saving replaces it.</span></p>`;
  }

  const form = () => html`<form @submit=${save}>
    <div class="two">${text('From service (* is any)', edited, 'from', edited.known)}${where('which runs in', edited, edited.known)}</div>
    ${text('To service (* is any)', edited, 'to', edited.known)}
    <fieldset><legend>Action</legend>${action('allow', 'new calls are let in')}${action('deny', 'new calls are refused, and connections that stand are cut')}</fieldset>
    <label>Description<input maxlength="512" autocomplete="off" .value=${bound(edited.description)} @input=${(event) => (edited.description = event.target.value)}></label>
    ${instead()}
    ${edited.refusal ? problem(edited.refusal) : nothing}
    <footer><button type="button" @click=${() => dialog.close()}>Cancel</button>
      <button type="submit" class=${edited.met?.there ? 'danger' : 'primary'} ?disabled=${edited.busy}>${edited.met?.there ? 'Replace it' : 'Save'}</button></footer>
  </form>`;

  const consequences = () => html`<form @submit=${remove}>
    <p>It says <b>${doomed.rule.Action}</b> to calls from <b>${word(doomed.rule.SourceName)}</b>${doomed.rule.SourcePeer ? html` of peer <b>${doomed.rule.SourcePeer}</b>` : nothing} to <b>${word(doomed.rule.DestinationName)}</b>. At once, without it:</p>
    <ul class="consequences">
      <li>${doomed.rule.Action === 'allow'
        ? 'Calls that only this rule allows are refused, and their connections that stand are cut.'
        : 'Calls that only this rule refuses are let in.'}</li>
      <li>Another rule that fits decides in its place, or else the default of ${datacenter}.</li>
    </ul>
    ${doomed.refusal ? problem(doomed.refusal) : nothing}
    <footer><button type="button" autofocus @click=${() => ending.close()}>Keep it</button>
      <button type="submit" class="danger" ?disabled=${doomed.busy}>${doomed.busy ? 'Deleting…' : 'Delete the intention'}</button></footer>
  </form>`;

  // a group's rule, and one with conditions on requests, is changed where the entry is
  const isPlain = (rule) => !rule.SourceSamenessGroup && ['allow', 'deny'].includes(rule.Action) && !rule.Permissions;
  const word = (name) => (name === ANY ? html`<span class="muted">any</span>` : name);

  const line = (rule, index) => html`<tr aria-rowindex=${index}><td class="number">${rule.Precedence}</td>
    <th scope="row">${word(rule.SourceName)} ${rule.SourcePeer ? peerChip(rule.SourcePeer) : nothing}${rule.SourceSamenessGroup ? tag(`group ${rule.SourceSamenessGroup}`) : nothing}</th>
    <td>${word(rule.DestinationName)}</td>
    <td>${rule.Action === 'allow' ? badge('ok', 'allow') : badge('bad', 'deny')}</td>
    <td class="muted">${rule.Description ?? ''}</td>
    <td class="number">${isPlain(rule)
      ? html`<button type="button" @click=${() => edit(rule)} aria-label="Change the intention from ${inWords(rule)}">Change</button>
          <button type="button" class="danger-plain" @click=${() => doom(rule)} aria-label="Delete the intention from ${inWords(rule)}">Delete</button>`
      : html`<a href=${entryLink('service-intentions', rule.DestinationName)}>Its entry</a>`}</td></tr>`;

  const table = (all) =>
    all.length
      ? framed('Intentions', html`<table class="list rules" aria-rowcount=${all.length + 1}><caption class="hidden">Intentions, the higher precedence decides</caption><thead><tr aria-rowindex="1"><th scope="col" class="number">Precedence</th><th scope="col">From</th><th scope="col">To</th><th scope="col">Action</th><th scope="col">Description</th><th scope="col"><span class="hidden">Change or delete</span></th></tr></thead>
          ${windows.rules.body(byPrecedence(all), 6, key, line)}</table>`)
      : empty('No intention yet', 'Without one, the default of this datacenter decides on every call.');

  function answer() {
    if (asked.refusal) {
      return problem(asked.refusal);
    }
    if (!asked.answer) {
      return nothing;
    }
    const {peer, from, to, allowed} = asked.answer;
    return html`<p class="verdict ${allowed ? 'ok' : 'bad'}"><b>${allowed ? 'Yes.' : 'No.'}</b> ${from}${peer ? ` of peer ${peer}` : ''} ${allowed ? 'may' : 'may not'} call ${to}.</p>`;
  }

  const refusal = ({At, Source, Destination, Reason}, index) => html`<tr aria-rowindex=${index}><td>${ago(moment(At), now())}</td><td>${Source}</td><td>${Destination}</td><td>${Reason}</td></tr>`;

  const refused = (all) =>
    all.length
      ? framed('Refused lately', html`<table class="list refusals" aria-rowcount=${all.length + 1}><caption class="hidden">Calls that were refused, the newest first</caption><thead><tr aria-rowindex="1"><th scope="col">When</th><th scope="col">From</th><th scope="col">To</th><th scope="col">Why</th></tr></thead>
          ${windows.refusals.body(told(all), 4, (one) => one.key, refusal)}</table>`)
      : html`<p class="muted">None that this leader has been told of.</p>`;

  return {
    title: 'Intentions',
    resources: [rules, services, peerings, denials],
    start: () => Object.values(windows).forEach((one) => one.start()),
    stop() {
      Object.values(windows).forEach((one) => one.stop());
      dialog.close();
      ending.close();
    },
    body: () => html`<header class="page"><div><h1 tabindex="-1">Intentions</h1>
        <p class="lead">Who may call whom in ${datacenter}. ${rules.value ? count(rules.value.length, 'rule') : ''}</p></div>
        <button type="button" class="primary" @click=${() => edit(null)}>${icons.plus}<span>New intention</span></button></header>
      <datalist id="service-names"><option value=${ANY}></option>${guard([services.value], () => names().map((name) => html`<option value=${name}></option>`))}</datalist>
      ${dialog.draw(edited.known ? 'Change an intention' : 'New intention', form)}
      ${ending.draw('Delete this intention?', consequences)}
      ${shown(rules, table)}
      <section aria-labelledby="check"><h2 id="check">May A call B?</h2>
        <form class="ask card" @submit=${ask}>${text('From', asked, 'from')}${where('of', asked)}${text('To', asked, 'to')}<button type="submit">Check</button></form><div role="status">${answer()}</div></section>
      <section aria-labelledby="refused"><h2 id="refused">Refused lately</h2>${shown(denials, refused)}</section>`,
  };
}
