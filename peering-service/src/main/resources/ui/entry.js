// One config entry: its text, checked by the server as one types, and saved only over what was read.
import {html, nothing} from './lit-html/lit-html.js';
import {call, read} from './api.js';
import {changed, Resource} from './live.js';
import {changes} from './diff.js';
import {hcl, json} from './hcl.js';
import * as icons from './icons.js';
import {KINDS, kindOf} from './kinds.js';
import {badge, empty, entryLink, news, problem, shown} from './parts.js';
import {at, deletion, saving} from './saving.js';
import * as session from './session.js';
import {goTo, textbox} from './textbox.js';

// after the last key, before the server is asked
const PAUSE = 250;
// after a question that no server has answered
const AGAIN = 3000;
const BOX = 'entry-text';
const GONE = 404;
const WRITERS = {hcl, json};
const NONE = {entry: null, index: 0};

// texts that were left without being saved, while this page is open; above this number the oldest goes
const drafts = new Map();
const MOST_DRAFTS = 20;

/** As it was written, without what the server adds; what it is comes first. */
function plain({CreateIndex: _, ModifyIndex: index = 0, Kind, Name, ...rest}) {
  return {entry: {Kind, Name, ...rest}, index};
}

/** How a text is written, by its first line; empty: as YAML, or not to be known. */
function formOf(text) {
  const first = text.split('\n').map((line) => line.trim()).find((line) => line && !line.startsWith('#')) ?? '';
  if (first.startsWith('{')) {
    return 'json';
  }
  return /^[^:]*[={]/.test(first) ? 'hcl' : '';
}

const lineOf = (sentence) => Number(/\bline (\d+)/.exec(sentence)?.[1] ?? 0);

export function entry({name: kind, rest: [name = ''], query, datacenter}) {
  const isNew = kind === 'new';
  const stored = isNew ? null : new Resource(at(kind, name), ['config']);
  const draftOf = `${session.who} ${kind}/${name}`;

  // what the text began as, and is saved over; null: it has not been read
  let base = null;
  let form = 'hcl';
  let text = '';
  let clean = '';
  // what the server said of the text `of`
  let check = {of: null, isGood: false, sentence: '', entry: null};
  let chosen = kindOf(query.get('kind')) ?? kindOf('service-resolver');
  let done = '';
  let refusal = '';
  let timer = 0;
  let isAsking = false;
  let isOver = false;

  const write = (one) => WRITERS[form](one);
  const isEdited = () => text !== clean;
  const isBlank = () => isNew && !isEdited();
  const isKnown = () => check.of === text;
  const isGood = () => isKnown() && check.isGood;
  const isGone = () => stored?.error?.status === GONE;
  const isChanged = () => base !== null && Boolean(stored?.value) && !isGone() && stored.value.ModifyIndex > base.index;

  const box = saving({write, saved, refused: () => stored?.refresh()});
  const ending = isNew ? null : deletion({kind, name, datacenter, stored, deleted: () => (clean = text)});

  function plan(wait) {
    clearTimeout(timer);
    if (!isOver) {
      timer = setTimeout(validate, wait);
    }
  }

  /** Asks what a write would be told; one question at a time, in the end about the last text. */
  async function validate() {
    if (isAsking || isKnown()) {
      return;
    }
    isAsking = true;
    const of = text;
    try {
      const found = await call('PUT', 'hansa/config/validate', of);
      check = {of, isGood: true, sentence: '', entry: plain(found).entry};
    } catch (error) {
      check = {of: error.status ? of : null, isGood: false, sentence: error.message, entry: null};
    }
    isAsking = false;
    if (!isKnown()) {
      plan(check.of === null ? AGAIN : PAUSE);
    }
    changed();
  }

  function type(words) {
    text = words;
    form = formOf(text) || form;
    done = '';
    refusal = '';
    if (!isKnown()) {
      plan(PAUSE);
    }
    changed();
  }

  function begin(found) {
    base = found;
    clean = found.entry ? write(found.entry) : chosen.blank;
    type(clean);
  }

  /** Shows what is there as long as nobody has typed; what was typed is never replaced. */
  function follow() {
    if (stored?.value && !isGone() && !box.isOpen() && (base === null || (isChanged() && !isEdited()))) {
      const said = done;
      begin(plain(stored.value));
      done = said;
    }
  }

  function restore() {
    const draft = drafts.get(draftOf);
    drafts.delete(draftOf);
    if (draft) {
      ({base, form, clean, chosen} = draft);
      type(draft.text);
    } else if (isNew) {
      begin(NONE);
    }
  }

  /** The same entry, in the other form. */
  function rewrite(other) {
    const edited = isEdited() || !base.entry;
    form = other;
    clean = base.entry ? write(base.entry) : clean;
    type(edited ? write(check.entry) : clean);
  }

  const choose = (event) => {
    chosen = kindOf(event.target.value);
    form = 'hcl';
    begin(NONE);
  };

  /** What a save would replace: what the text was made of, or, when it names another one, what there is of that. */
  async function present({Kind, Name}) {
    if (Kind === kind && Name === name) {
      return base;
    }
    try {
      return plain(await read(at(Kind, Name)));
    } catch (error) {
      if (error.status === GONE) {
        return NONE;
      }
      throw error;
    }
  }

  async function look() {
    if (!isGood() || !isEdited()) {
      return;
    }
    const [of, will] = [text, check.entry];
    try {
      const was = await present(will);
      if (of === text) {
        box.open(was, was === base, will, of);
      }
    } catch (error) {
      refusal = error.message;
      changed();
    }
  }

  async function saved({Kind, Name}, of) {
    if (of === text) {
      clean = text;
    }
    if (Kind !== kind || Name !== name) {
      location.hash = entryLink(Kind, Name);
      return;
    }
    let now;
    try {
      now = plain(await read(at(kind, name)));
    } catch (error) {
      // it is saved all the same, and shown as soon as it can be read
      done = 'Saved.';
      refusal = `What is shown may be old: ${error.message}`;
      stored.refresh();
      return;
    }
    if (isEdited()) {
      base = now;
    } else {
      begin(now);
    }
    done = 'Saved.';
  }

  function keep(theirs) {
    base = theirs;
    clean = theirs.entry ? write(theirs.entry) : '';
    changed();
  }

  /** Somebody else's change, under a text that is not saved yet. */
  function conflict() {
    if (isGone() && base.entry) {
      return html`<div class="card conflict" role="alert"><p><b>It has been deleted meanwhile.</b> The text is still here.</p>
        <div class="row"><button type="button" @click=${() => keep(NONE)}>Make it anew with this text</button></div></div>`;
    }
    if (!isChanged() || !isEdited()) {
      return nothing;
    }
    const theirs = plain(stored.value);
    return html`<div class="card conflict" role="alert"><p><b>Somebody else has changed it meanwhile.</b> Nothing is overwritten. What they have changed:</p>
      ${changes(base.entry ? write(base.entry) : '', write(theirs.entry), 'What somebody else has changed')}
      <div class="row"><button type="button" @click=${() => keep(theirs)}>Keep my text, compare it with theirs</button>
        <button type="button" @click=${() => begin(theirs)}>Drop my text, take theirs</button></div></div>`;
  }

  function verdict() {
    if (!isKnown()) {
      return check.sentence && check.of === null ? html`${badge('off', 'not checked')} <span>${check.sentence}</span>` : html`${badge('off', 'checking')}`;
    }
    if (!check.isGood) {
      const line = lineOf(check.sentence);
      return html`${isBlank() ? badge('off', 'to be filled in') : badge('bad', 'refused')} <span>${check.sentence}</span>
        ${line ? html`<button type="button" @click=${() => goTo(BOX, line)}>Go to line ${line}</button>` : nothing}`;
    }
    const {Kind, Name} = check.entry;
    return isNew || (Kind === kind && Name === name)
      ? html`${badge('ok', 'valid')} <span class="muted">The server would take it as ${Kind}/${Name}.</span>`
      : html`${badge('warn', 'another entry')} <span>This would write ${Kind}/${Name}; ${kind}/${name} stays as it is.</span>`;
  }

  const forms = () => html`<div class="choice" role="group" aria-label="Written as">
    ${Object.keys(WRITERS).map((one) => html`<button type="button" aria-pressed=${one === formOf(text)} ?disabled=${one !== formOf(text) && !isGood()} @click=${() => one !== formOf(text) && rewrite(one)}>${one.toUpperCase()}</button>`)}</div>`;

  function editor() {
    const isBad = isKnown() && !check.isGood && !isBlank();
    return html`${news(done ? html`<p class="done">${icons.ok}<span>${done}</span></p>` : nothing)}
      ${refusal ? problem(refusal) : nothing}
      ${conflict()}
      <div class="tools">
        ${isNew ? html`<label>Kind <select ?disabled=${isEdited()} @change=${choose}>${KINDS.map((one) => html`<option value=${one.kind} ?selected=${one === chosen}>${one.kind}</option>`)}</select></label>` : nothing}
        ${forms()}
        <span class="count">${isEdited() ? badge('warn', 'not saved') : nothing}</span></div>
      ${textbox({id: BOX, label: 'The entry, as HCL, JSON or YAML', text, wrong: isBad ? lineOf(check.sentence) : 0, said: 'verdict', isBad, type, order: look})}
      <p id="verdict" class="entry-verdict" role="status">${verdict()}</p>
      <div class="row">
        <button type="button" class="primary" ?disabled=${!isEdited() || !isGood()} @click=${look}>Review and save…</button>
        <button type="button" ?disabled=${!isEdited()} @click=${() => type(clean)}>Discard my changes</button>
        <span class="muted small"><kbd>Ctrl</kbd> <kbd>Enter</kbd> reviews</span></div>`;
  }

  function content() {
    follow();
    if (isGone() && base === null) {
      return empty('No such entry', `${datacenter} has no entry ${kind}/${name}, or no longer.`);
    }
    return base === null || (stored?.value && stored.error && !isGone()) ? shown(stored, () => (base ? editor() : nothing)) : editor();
  }

  const unsaved = (event) => isEdited() && event.preventDefault();

  return {
    title: isNew ? 'New entry' : `${kind}/${name}`,
    resources: stored ? [stored] : [],
    start() {
      restore();
      addEventListener('beforeunload', unsaved);
    },
    stop() {
      isOver = true;
      clearTimeout(timer);
      removeEventListener('beforeunload', unsaved);
      box.close();
      ending?.close();
      if (base !== null && isEdited()) {
        drafts.set(draftOf, {base, form, clean, text, chosen});
        if (drafts.size > MOST_DRAFTS) {
          drafts.delete(drafts.keys().next().value);
        }
      }
    },
    body: () => html`<nav class="crumbs" aria-label="Where this is"><a href="#/config">Config entries</a></nav>
      <header class="page"><div><h1 tabindex="-1">${isNew ? 'New config entry' : name}</h1>
        <p class="lead"><b>${isNew ? chosen.kind : kind}</b> of ${datacenter}: ${(isNew ? chosen : kindOf(kind))?.about ?? 'no such kind'}.</p></div>
        ${stored?.value && !stored.error ? html`<button type="button" class="danger-plain" @click=${ending.open}>${icons.trash}<span>Delete…</span></button>` : nothing}</header>
      ${box.draw()}${ending?.draw()}
      ${content()}`,
  };
}
